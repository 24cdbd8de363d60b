"""What granian loads in the process that serves a witness."""

from pianqu.composition.outsider.receiving import Receiving
from pianqu.composition.witness.app import begun

application = Receiving(begun())
