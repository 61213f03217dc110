"""Gunicorn: one instance of the service; see docs/deploy/gunicorn-nginx.md."""

import multiprocessing

wsgi_app = "project.wsgi"

# The project is imported once, and the workers are forked from that: they share its memory, and a
# mistake in the settings is seen before the old workers are gone.
preload_app = True
workers = multiprocessing.cpu_count()
worker_class = "gthread"
threads = 4

# How long a request may take; what is under way at a reload or a stop gets as long to end.
timeout = 30
graceful_timeout = 30

# Workers show by a file that they are alive: where writing one can't block.
worker_tmp_dir = "/dev/shm"

# By default Gunicorn goes by two headers more, which the server in front lets pass.
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}
# Nor does the proxy say where the project's paths begin: a client's SCRIPT_NAME, which Apache lets
# pass, would move them out of what the proxy has rules for.
forwarder_headers = ""

# The socket is for the service's user and its group, to which the web server belongs.
umask = 0o007

# To standard error, which systemd keeps.
accesslog = None
errorlog = "-"
control_socket_disable = True
