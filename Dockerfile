# One image for web, worker, migrate, backup and restore; docs/operations.md says how they run.
FROM python:3.11-slim-trixie AS build
WORKDIR /enkaku
ENV UV_PROJECT_ENVIRONMENT=/enkaku/.venv UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.8
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-cache
COPY manage.py ./
COPY scheduler scheduler
COPY realtime realtime
COPY classrooms classrooms
COPY clinics clinics
COPY templates templates
COPY locale locale
RUN .venv/bin/pybabel compile --directory locale --domain django \
 # Collecting asks for settings, not for secrets: debug mode makes a key in a folder that is thrown away.
 && ENKAKU_DEBUG=1 ENKAKU_VAR=/tmp/collect .venv/bin/python manage.py collectstatic --noinput --verbosity=0 \
 && mv /tmp/collect/static /enkaku/static && rm -r /tmp/collect \
 && .venv/bin/python -m compileall -q manage.py scheduler realtime classrooms clinics

FROM caddy:2-alpine AS proxy
# It listens above 1024 and runs as nobody in particular, so it needs no capability and a place of its own.
RUN setcap -r /usr/bin/caddy && install -d -o 10001 -g 10001 -m 700 /data /config
COPY docs/operations/Caddyfile /etc/caddy/Caddyfile
USER 10001

FROM python:3.11-slim-trixie AS service
# pg_dump of the server's version (docker-compose.yml), for backups.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-17 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/enkaku --no-create-home enkaku \
 # Mounted over; a new volume takes the owner and the mode of the folder it is mounted on.
 && install -d -o enkaku -g enkaku -m 700 /var/lib/enkaku /var/lib/enkaku/uploads /backups
WORKDIR /enkaku
COPY --from=build /enkaku /enkaku
ENV PATH=/enkaku/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ENKAKU_VAR=/var/lib/enkaku STATIC_ROOT=/enkaku/static
USER 10001
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
