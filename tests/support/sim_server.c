/* sim_server.c - start the simulator, wait for its ready line, talk to its control port. */

#include "tests/support/sim_server.h"

#include "common/base/json.h"
#include "common/provider/http.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void require(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

static void write_config(const char *path, const char *config)
{
    FILE *f = fopen(path, "we");

    require(f && fputs(config, f) >= 0 && fclose(f) == 0, path);
}

static void run(int out, const char *config)
{
    const char *build = getenv("BUILD");
    char binary[512];

    snprintf(binary, sizeof(binary), "%s/retell-sim", build ? build : "build/release");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    require(dup2(out, STDOUT_FILENO) >= 0, "dup2");
    execl(binary, binary, "--config", config, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0",
          (char *)NULL);
    require(false, binary);
}

/* {"ready":true,"listen":"127.0.0.1:1","control":"127.0.0.1:2"} */
static void read_addresses(struct sim_server *s, struct str line)
{
    struct op op = {0};
    const struct cJSON *ready;

    require(json_parse(&op, line, &ready), "the simulator's ready line");
    snprintf(s->url, sizeof(s->url), "http://%s", json_get_string(ready, "listen"));
    snprintf(s->control, sizeof(s->control), "http://%s", json_get_string(ready, "control"));
    op_end(&op);
}

void sim_server_start(struct sim_server *s, const char *config)
{
    char dir[] = "/tmp/agsim.XXXXXX", path[32], line[512];
    int out[2];

    require(mkdtemp(dir) && pipe2(out, O_CLOEXEC) == 0, "sim_server_start");
    snprintf(path, sizeof(path), "%s/config.json", dir);
    write_config(path, config);
    s->pid = fork();
    require(s->pid >= 0, "fork");
    if (s->pid == 0)
        run(out[1], path);
    close(out[1]);
    FILE *f = fdopen(out[0], "r");
    require(f && fgets(line, sizeof(line), f), "the simulator did not start");
    fclose(f);
    unlink(path);
    rmdir(dir);
    read_addresses(s, (struct str){line, strcspn(line, "\n")});
}

void sim_server_stop(struct sim_server *s)
{
    require(kill(s->pid, SIGTERM) == 0 && waitpid(s->pid, NULL, 0) == s->pid, "sim_server_stop");
}

const char *sim_server_ask(struct op *op, const struct sim_server *s, const char *path,
                           const char *body)
{
    struct http_reply reply;
    struct http_request request = {
        .method = body ? "POST" : "GET",
        .url = arena_printf(&op->arena, "%s%s", s->control, path),
        .authorization = "Authorization: none",
        .body = body,
        .timeout_ms = 5000,
        .max_reply = (size_t)64 << 20,
    };

    http_exchange(op, &request, &reply);
    if (reply.status != 200) {
        fprintf(stderr, "%s: %d %s %s\n", path, reply.status, reply.body.p,
                reply.problem ? reply.problem : "");
        abort();
    }
    return reply.body.p;
}
