-- Two roles in place of one that may do everything: one owns the schema and is used at an update only, the service works as the other.
-- As the server's administrator, in the database of the service:
--   psql "$ADMIN_URL" -v schema_password="$A" -v service_password="$B" -f infra/postgres/roles.sql
--   DATABASE_URL=<as live_response_schema> npm run database -- migrate --service-role live_response_service
-- On Azure with Entra in place of passwords: docs/operations.md, "Roles of the database".
\set ON_ERROR_STOP on
begin;
create role live_response_schema login password :'schema_password';
create role live_response_service login password :'service_password';
select format('grant connect, create on database %I to live_response_schema', current_database()) \gexec
select format('grant connect on database %I to live_response_service', current_database()) \gexec
revoke create on schema public from public;
grant usage, create on schema public to live_response_schema with grant option;
commit;
