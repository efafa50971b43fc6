#!/bin/sh
# Run once by the PostgreSQL image, when its volume is empty: the engine's own role and database.
# The role is no superuser and owns nothing else: it can't switch off what protects the audit.
set -eu
psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'END'
\set password `cat /run/secrets/database_password`
CREATE ROLE ascip_sync LOGIN PASSWORD :'password';
CREATE DATABASE ascip_sync OWNER ascip_sync TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE ascip_sync FROM PUBLIC;
END
