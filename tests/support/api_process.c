/* api_process.c - fork, exec, wait for the line that says it is ready. */

#include "tests/support/api_process.h"

#include "common/base/json.h"
#include "common/tenant/tenant.h"
#include "tests/support/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

static void run(int err, const char *database_url)
{
    const char *build = getenv("BUILD");
    char binary[512], database[1024];
    char listen[] = "HTTP_LISTEN=127.0.0.1:0", threads[] = "HTTP_THREADS=8";
    char retell[] = "RETELL_API_KEY=key_test";
    char *const env[] = {database, listen, threads, retell, NULL};

    snprintf(binary, sizeof(binary), "%s/agoralia-api", build ? build : "build/release");
    snprintf(database, sizeof(database), "DATABASE_URL=%s", database_url);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(err, STDERR_FILENO);
    execle(binary, binary, (char *)NULL, env);
    perror(binary);
    _exit(127);
}

static int read_port(FILE *log)
{
    char line[4096];
    int64_t port = 0;

    while (port == 0 && fgets(line, sizeof(line), log)) {
        struct op op = {0};
        const struct cJSON *json;
        if (json_parse(&op, (struct str){line, strcspn(line, "\n")}, &json)
            && strcmp(json_get_string(json, "msg"), "api.ready") == 0)
            json_get_i64(json, "port", &port);
        op_end(&op);
    }
    return (int)port;
}

static void make_key(struct api_process *api)
{
    struct op op = {0};
    struct api_key key;
    const char *secret;

    api->tenant = testdb_tenant(api->db);
    op = testdb_op(api->db, api->tenant);
    assert_ok(&op, api_key_create(&op, "test", &key, &secret));
    snprintf(api->key, sizeof(api->key), "%s", secret);
    op_end(&op);
}

int api_process_start(void **state)
{
    struct api_process *api = calloc(1, sizeof(*api));
    void *db = NULL;
    int err[2];

    if (!api || testdb_setup(&db) != 0 || pipe2(err, O_CLOEXEC) != 0)
        return -1;
    api->db = db;
    make_key(api);
    api->pid = fork();
    if (api->pid == 0)
        run(err[1], api->db->url);
    close(err[1]);
    api->log = fdopen(err[0], "r");
    api->port = read_port(api->log);
    *state = api;
    return api->port ? 0 : -1;
}

int api_process_stop(void **state)
{
    struct api_process *api = *state;
    void *db = api->db;

    if (api->pid) {
        kill(api->pid, SIGTERM);
        waitpid(api->pid, NULL, 0);
    }
    fclose(api->log);
    free(api);
    return testdb_teardown(&db);
}

struct probe_answer api_process_ask(const struct api_process *api, const char *method,
                                    const char *target, struct str body)
{
    struct probe_answer a = {0};
    struct probe p;
    char head[1024];
    int n = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: h\r\nX-API-Key: %s\r\n", method,
                     target, api->key);

    if (body.p)
        n += snprintf(head + n, sizeof(head) - (size_t)n,
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.n);
    n += snprintf(head + n, sizeof(head) - (size_t)n, "\r\n");
    probe_open(&p, api->port);
    probe_send(&p, (struct str){head, (size_t)n});
    probe_send(&p, body); /* the server may refuse it midway: its answer is what counts */
    probe_receive(&p, &a, ANSWER_MS);
    probe_close(&p);
    return a;
}
