/* pieces.c - chunks of RFC 9112, section 7.1, or plain bytes until the connection's end. */

#include "api/pieces.h"

#include "common/base/clock.h"

/* An empty chunk would be the last. */
static bool send_piece(const struct reply *rep, struct wire *wire, struct buf *scratch,
                       int64_t deadline_us)
{
    if (rep->body.n == 0)
        return true;
    buf_reset(scratch);
    if (rep->chunked)
        buf_printf(scratch, "%zx\r\n", rep->body.n);
    buf_add(scratch, rep->body.p, rep->body.n);
    if (rep->chunked)
        buf_add(scratch, "\r\n", 2);
    return wire_write(wire, buf_view(scratch), deadline_us);
}

bool pieces_send(struct op *op, struct reply *rep, struct wire *wire, struct buf *scratch,
                 int64_t wait_us, const atomic_bool *stop)
{
    bool done = false;

    while (!done) {
        buf_reset(&rep->body);
        if (atomic_load(stop) || !rep->more(op, rep->more_ctx, &rep->body, &done) || rep->body.over
            || !send_piece(rep, wire, scratch, clock_mono_us() + wait_us))
            return false;
    }
    return !rep->chunked || wire_write(wire, STR("0\r\n\r\n"), clock_mono_us() + wait_us);
}
