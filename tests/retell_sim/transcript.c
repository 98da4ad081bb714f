/* transcript.c - rendered once for each length, then copied: it is the bulk of every event. */

#include "tests/retell_sim/transcript.h"

#include "tests/retell_sim/json_out.h"

struct line {
    const char *role;
    const char *text;
};

static const struct line talk[SIM_TRANSCRIPT_LINES] = {
    {"agent", "Hello, I am calling about your request."},
    {"user", "Yes, good morning, tell me."},
    {"agent", "We have an offer that may interest you. May I explain it?"},
    {"user", "Go ahead, but quickly please."},
    {"agent", "It halves what you pay today, with no change of number."},
    {"user", "All right, send me the details."},
};

static const struct line machine[SIM_TRANSCRIPT_LINES] = {
    {"user", "Please leave a message after the tone."},
    {"agent", "Hello, we will try again later. Goodbye."},
};

static void put_words(struct buf *b, const char *text, double *at)
{
    sim_open(b, "words", '[');
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        sim_open(b, NULL, '{');
        sim_put_str(b, "word", (struct str){p, n});
        sim_put_number(b, "start", *at);
        sim_put_number(b, "end", *at + 0.3);
        sim_close(b, '}');
        *at += 0.35;
        p += n + (p[n] == ' ');
    }
    sim_close(b, ']');
}

static void put_lines(struct buf *b, const char *key, const struct line *lines, int n)
{
    double at = 0.5;

    sim_open(b, key, '[');
    for (int i = 0; i < n && lines[i].role; i++) {
        sim_open(b, NULL, '{');
        sim_put_text(b, "role", lines[i].role);
        sim_put_text(b, "content", lines[i].text);
        put_words(b, lines[i].text, &at);
        sim_close(b, '}');
    }
    sim_close(b, ']');
}

static void render(struct buf *b, const struct line *lines, int n)
{
    struct buf plain = {0};

    for (int i = 0; i < n && lines[i].role; i++)
        buf_printf(&plain, "%s: %s\n", lines[i].role[0] == 'a' ? "Agent" : "User", lines[i].text);
    sim_put_str(b, "transcript", buf_view(&plain));
    put_lines(b, "transcript_object", lines, n);
    put_lines(b, "transcript_with_tool_calls", lines, n);
    buf_free(&plain);
}

void sim_transcript_put(struct buf *b, const struct sim_call *call, int turns)
{
    static struct buf rendered[2][SIM_TRANSCRIPT_LINES + 1];
    bool answered_by_machine =
        call->outcome == SIM_OUT_voicemail_reached || call->outcome == SIM_OUT_ivr_reached;
    struct buf *text = &rendered[answered_by_machine][turns];

    if (!text->n)
        render(text, answered_by_machine ? machine : talk, turns);
    sim_key(b, NULL);
    buf_add(b, text->p, text->n);
}
