"""What granian loads in the process that serves a mirror."""

from pianqu.composition.mirror.app import BROUGHT, begun
from pianqu.composition.outsider.receiving import Receiving

application = Receiving(begun(), streams=[BROUGHT])
