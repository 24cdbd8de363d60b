"""What granian loads in the process that serves a witness."""

from pianqu.composition.witness.app import begun

application = begun()
