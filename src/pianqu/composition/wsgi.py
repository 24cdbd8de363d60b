"""The WSGI application that granian serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any, cast

from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from pianqu.composition.env import Env, current
from pianqu.composition.loaded import keep_what_is_loaded
from pianqu.composition.orphan import end_with_parent

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def behind_proxies(application: Application, env: Env) -> Application:
    """Behind the operator's https proxies, and only from them, the resident's address and scheme are believed:
    tries are counted by address, and a form's origin is compared with its scheme."""
    if not env.https:
        return application
    return cast(Application, wrap_wsgi_with_proxy_headers(application, trusted_hosts=list(env.proxies)))


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pianqu.composition.settings")
end_with_parent(at_once=True)
application = behind_proxies(get_wsgi_application(), current())
keep_what_is_loaded()
