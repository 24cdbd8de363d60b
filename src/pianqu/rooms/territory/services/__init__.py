"""The verbs of territory."""

from pianqu.rooms.territory.services.places import LEVELS, NewLandmark, NewPlace, add_landmarks, add_places

__all__ = ["LEVELS", "NewLandmark", "NewPlace", "add_landmarks", "add_places"]
