"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from pianqu.composition.orphan import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pianqu.composition.settings")
end_with_parent(at_once=True)
application = get_wsgi_application()
