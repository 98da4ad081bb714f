/* api_process.c - fork, exec, wait for the line that says it is ready. */

#include "tests/support/api_process.h"

#include "common/base/json.h"
#include "common/base/key_ring.h"
#include "common/identity/token_keys.h"
#include "common/tenant/api_key.h"
#include "tests/support/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

static void run(int err, const char *database_url, const char *folder)
{
    const char *build = getenv("BUILD");
    char binary[512], database[1024];
    char listen[] = "HTTP_LISTEN=127.0.0.1:0", threads[] = "HTTP_THREADS=8";
    char retell[] = "RETELL_API_KEY=key_test";
    char keys[128], mail[128], secrets[128], proxies[] = "HTTP_PROXIES=127.0.0.1";
    char memory[] = "PASSWORD_MEMORY_KIB=8192", passes[] = "PASSWORD_PASSES=1";
    char *const env[] = {database, listen, threads, retell,  keys, mail,
                         proxies,  memory, passes,  secrets, NULL};

    snprintf(binary, sizeof(binary), "%s/agoralia-api", build ? build : "build/release");
    snprintf(database, sizeof(database), "DATABASE_URL=%s", database_url);
    snprintf(keys, sizeof(keys), "JWT_KEY_DIR=%s", folder);
    snprintf(secrets, sizeof(secrets), "SECRETS_KEY_FILE=%s/secrets", folder);
    snprintf(mail, sizeof(mail), "MAIL_FILE=%s/mail", folder);
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

static void make_keys(struct api_process *api)
{
    struct op op = {0};
    struct api_key key = {.name = "test"};
    const char *secret, *path;
    char id[RING_KEY_ID_SIZE];

    api->tenant = testdb_tenant(api->db);
    op = testdb_op(api->db, api->tenant);
    assert_ok(&op, api_key_create(&op, &key, &secret));
    snprintf(api->folder, sizeof(api->folder), "/tmp/aga_api_XXXXXX");
    assert_non_null(mkdtemp(api->folder));
    assert_ok(&op, token_key_make(&op, api->folder, &path));
    assert_ok(&op, key_ring_add(&op, arena_printf(&op.arena, "%s/secrets", api->folder), id));
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
    make_keys(api);
    api->pid = fork();
    if (api->pid == 0)
        run(err[1], api->db->url, api->folder);
    close(err[1]);
    api->log = fdopen(err[0], "r");
    api->port = read_port(api->log);
    *state = api;
    return api->port ? 0 : -1;
}

static void remove_folder(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *e;

    while (d && (e = readdir(d)))
        unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(folder);
}

int api_process_stop(void **state)
{
    struct api_process *api = *state;
    void *db = api->db;

    if (api->pid)
        kill(api->pid, SIGTERM);
    fclose(api->log); /* first: it may be full, and the process would wait for a reader */
    if (api->pid)
        waitpid(api->pid, NULL, 0);
    remove_folder(api->folder);
    free(api);
    return testdb_teardown(&db);
}

struct probe_answer api_process_ask_with(const struct api_process *api, const char *headers,
                                         const char *method, const char *target, struct str body)
{
    struct probe_answer a = {0};
    struct probe p;
    char head[8192];
    int n =
        snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: h\r\n%s", method, target, headers);

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

struct probe_answer api_process_ask(const struct api_process *api, const char *method,
                                    const char *target, struct str body)
{
    char key[160];

    snprintf(key, sizeof(key), "X-API-Key: %s\r\n", api->key);
    return api_process_ask_with(api, key, method, target, body);
}
