/* main.c - retell-sim: a Retell to develop, demonstrate and measure against. */

#include "tests/retell_sim/control.h"
#include "tests/retell_sim/hooks.h"
#include "tests/retell_sim/json_out.h"

#include "common/base/clock.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct program {
    struct sim sim;
    struct sim_server api, control;
    uv_timer_t clock;
    uv_prepare_t before_wait;
    uv_signal_t on_term, on_int;
    struct buf file, flags;
    char listen[80], control_at[80];
};

static void usage(FILE *to)
{
    fputs("usage: retell-sim [--config FILE] [--listen HOST:PORT] [--control HOST:PORT]\n"
          "                  [--seed N] [--time-scale X] [--webhook-url URL]\n"
          "Port 0 takes any free port.  Once ready, one line of JSON on stdout says where.\n"
          "--defaults prints the settings a --config file is merged over.\n",
          to);
}

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "re");
    char block[4096];
    size_t n;

    if (!f)
        return false;
    while ((n = fread(block, 1, sizeof(block), f)) > 0)
        buf_add(out, block, n);
    bool ok = !ferror(f);
    fclose(f);
    return ok;
}

/* Flags become settings like any others, merged last. */
static bool read_flags(struct program *p, int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"listen", required_argument, NULL, 'l'},
        {"control", required_argument, NULL, 'k'},
        {"seed", required_argument, NULL, 's'},
        {"time-scale", required_argument, NULL, 't'},
        {"webhook-url", required_argument, NULL, 'w'},
        {"defaults", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };

    sim_open(&p->flags, NULL, '{');
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (c) {
        case 'c':
            if (!read_file(optarg, &p->file)) {
                fprintf(stderr, "retell-sim: cannot read %s\n", optarg);
                return false;
            }
            break;
        case 'l': sim_put_text(&p->flags, "listen", optarg); break;
        case 'k': sim_put_text(&p->flags, "control", optarg); break;
        case 's': sim_put_json(&p->flags, "seed", optarg); break;
        case 't': sim_put_json(&p->flags, "time_scale", optarg); break;
        case 'w': p->sim.webhook_url = optarg; break;
        case 'd': puts(sim_config_defaults); exit(0);
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); return false;
        }
    sim_close(&p->flags, '}');
    return optind == argc;
}

static void on_clock(uv_timer_t *t)
{
    (void)t;
}

/* Before each wait: fire what is due, and wake again when the next thing is. */
static void on_prepare(uv_prepare_t *h)
{
    struct program *p = h->data;
    int64_t now = clock_mono_us(), next = sim_timers_run(&p->sim.timers, now);

    if (next < 0) {
        uv_timer_stop(&p->clock);
        return;
    }
    uint64_t wait_ms = next > now ? (uint64_t)(next - now + 999) / 1000 : 0;
    uv_update_time(p->sim.loop);
    uv_timer_start(&p->clock, on_clock, wait_ms, 0);
}

static void on_signal(uv_signal_t *h, int signo)
{
    (void)signo;
    uv_stop(h->loop);
}

static bool boot(struct program *p)
{
    struct buf why = {0};
    struct sim *s = &p->sim;

    s->loop = uv_default_loop();
    s->timers.scale = 1;
    s->boot_settings[0] = p->file.p;
    s->boot_settings[1] = p->flags.p;
    sim_journal_open(&s->journal);
    bool ok = sim_reset(s, &why);
    if (!ok)
        fprintf(stderr, "retell-sim: settings refused:\n%s", why.p ? why.p : "");
    buf_free(&why);
    if (!ok)
        return false;
    s->hooks = sim_hooks_open(s);
    if (!sim_server_open(&p->api, s, s->config.listen, sim_gate, p->listen, sizeof(p->listen))
        || !sim_server_open(&p->control, s, s->config.control, sim_control, p->control_at,
                            sizeof(p->control_at))) {
        fprintf(stderr, "retell-sim: cannot listen on %s and %s\n", s->config.listen,
                s->config.control);
        return false;
    }
    return true;
}

static void serve(struct program *p)
{
    uv_loop_t *loop = p->sim.loop;

    uv_timer_init(loop, &p->clock);
    uv_prepare_init(loop, &p->before_wait);
    p->before_wait.data = p;
    uv_prepare_start(&p->before_wait, on_prepare);
    uv_signal_init(loop, &p->on_term);
    uv_signal_init(loop, &p->on_int);
    uv_signal_start(&p->on_term, on_signal, SIGTERM);
    uv_signal_start(&p->on_int, on_signal, SIGINT);
    printf("{\"ready\":true,\"listen\":\"%s\",\"control\":\"%s\"}\n", p->listen, p->control_at);
    fflush(stdout);
    uv_run(loop, UV_RUN_DEFAULT);
}

/* Everything given back, so that a leak report means a leak. */
static void shut_down(struct program *p)
{
    struct sim *s = &p->sim;
    uv_handle_t *own[] = {(uv_handle_t *)&p->before_wait,  (uv_handle_t *)&p->clock,
                          (uv_handle_t *)&p->on_term,      (uv_handle_t *)&p->on_int,
                          (uv_handle_t *)&p->api.listener, (uv_handle_t *)&p->control.listener};

    sim_forget(s);
    sim_server_close(s);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        uv_close(own[i], NULL);
    sim_hooks_close(s->hooks);
    uv_loop_close(s->loop);
    sim_journal_free(&s->journal);
    free(s->timers.heap);
    buf_free(&p->file);
    buf_free(&p->flags);
}

int main(int argc, char **argv)
{
    static struct program p;

    signal(SIGPIPE, SIG_IGN);
    if (!read_flags(&p, argc, argv) || !boot(&p))
        return 2;
    serve(&p);
    shut_down(&p);
    return 0;
}
