"""What granian loads in the process that serves a mirror."""

from pianqu.composition.mirror.app import begun

application = begun()
