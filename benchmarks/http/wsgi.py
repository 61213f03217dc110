"""What Gunicorn runs: the project, as the environment says."""

from django.core.wsgi import get_wsgi_application

from .project import Server, configure

configure(Server.of_environment())
application = get_wsgi_application()
