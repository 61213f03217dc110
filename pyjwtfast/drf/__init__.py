"""JWT authentication for Django REST Framework, with djangorestframework-simplejwt's names.

Nothing is imported here: take what is needed from the modules. The app belongs into
INSTALLED_APPS as "pyjwtfast.drf"; it has no models, and brings the system checks of `checks`.
"""

# The release of simplejwt whose names, settings and answers these are. Ours is
# pyjwtfast.__version__.
__version__ = "5.5.1"
