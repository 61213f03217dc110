"""JWT authentication for Django REST Framework, with djangorestframework-simplejwt's names.

Nothing is imported here: take what is needed from the modules. The app belongs into
INSTALLED_APPS as "pyjwtfast.drf"; it has no models, and brings the system checks of `checks`.
"""
