# One image for the web service and the worker; docs/operations.md says how they run.
FROM python:3.11-slim AS build
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
RUN .venv/bin/pybabel compile --directory locale --domain django

FROM python:3.11-slim
WORKDIR /enkaku
COPY --from=build /enkaku /enkaku
ENV PATH=/enkaku/.venv/bin:$PATH PYTHONUNBUFFERED=1 ENKAKU_VAR=/var/lib/enkaku
RUN useradd --system --home-dir /var/lib/enkaku --create-home enkaku \
 # Collecting asks for settings, not for secrets: debug mode makes a key in a folder that is thrown away.
 && ENKAKU_DEBUG=1 ENKAKU_VAR=/tmp/collect python manage.py collectstatic --noinput --verbosity=0 \
 && mv /tmp/collect/static /var/lib/enkaku/static && rm -r /tmp/collect \
 && chown -R enkaku: /var/lib/enkaku
USER enkaku
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
