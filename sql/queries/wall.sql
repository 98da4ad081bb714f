-- wall.sql - who a transaction is, before anything else is asked in it.

-- name: wall_stand
-- tenant: none, because it says whose the next statements are
-- Until the transaction ends, which for statements outside of one is the end of their pipeline.
SELECT set_config('agoralia.tenant', :tenant::text, true), set_config('role', :role::text, true);
