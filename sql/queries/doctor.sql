-- doctor.sql - what `agoralia doctor` asks the database about itself.

-- name: wall_seen
-- tenant: none, because it is about the tables, not about what is in them
-- As which login the product came, what that login could do to the wall, and what stands open.
SELECT session_user::text AS login,
       (SELECT r.rolsuper OR r.rolbypassrls FROM pg_roles r WHERE r.rolname = session_user) AS above,
       EXISTS (SELECT 1 FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND pg_get_userbyid(c.relowner) = session_user) AS owner,
       (SELECT string_agg(w.name, ', ' ORDER BY w.name)
          FROM walled_tables() w JOIN pg_class c ON c.oid = ('public.' || quote_ident(w.name))::regclass
         WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)
            OR (SELECT array_agg(concat_ws(' ', p.policyname, p.permissive, p.roles, p.cmd, p.qual, p.with_check) ORDER BY p.policyname)
                  FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = w.name)
               IS DISTINCT FROM
               array_remove(ARRAY[CASE WHEN w.name = 'halts'
                                       THEN 'everybody_sees PERMISSIVE {agoralia_app} SELECT (tenant_id IS NULL)' END,
                                  'platform_door PERMISSIVE {agoralia_platform} ALL true',
                                  'tenant_wall PERMISSIVE {agoralia_app} ALL (' || w.owner || ' = wall_tenant())'],
                            NULL)) AS open_tables;
