/* fake_clock.c - the clock as a table of one row. */

#include "tests/support/fake_clock.h"

#include "common/store/pool.h"

#include <stdlib.h>

void fake_clock_install(struct testdb *db, const char *instant)
{
    pool_close(db->app.pool);
    free(testdb_sql(db,
                    "CREATE SCHEMA fake;"
                    "CREATE TABLE fake.clock (t timestamptz NOT NULL);"
                    "INSERT INTO fake.clock VALUES ('%s');"
                    "CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql "
                    "VOLATILE AS 'SELECT t FROM fake.clock';"
                    "CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql "
                    "STABLE AS 'SELECT t FROM fake.clock';"
                    "GRANT USAGE ON SCHEMA fake TO PUBLIC; GRANT SELECT ON fake.clock TO PUBLIC;"
                    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET search_path = "
                    "fake, pg_catalog, public', current_database()); END $$",
                    instant));
    db->app.pool = pool_open(db->url, 8, 5000);
}

void fake_clock_set(struct testdb *db, const char *instant)
{
    free(testdb_sql(db, "UPDATE fake.clock SET t = '%s'", instant));
}
