/* health.c - what an orchestrator and a Prometheus ask. */

#include "api/handlers.h"
#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/store/pool.h"

/* Whoever asks has its own, short patience. */
enum { READY_WITHIN_US = 1000 * 1000 };

bool handle_healthz(struct op *op, const struct req *req, struct reply *rep)
{
    (void)op, (void)req;
    buf_str(&rep->body, "{\"status\":\"ok\"}");
    return true;
}

bool handle_readyz(struct op *op, const struct req *req, struct reply *rep)
{
    (void)req;
    op->deadline_us = clock_mono_us() + READY_WITHIN_US;
    if (!pool_ready(op))
        return false;
    buf_str(&rep->body, "{\"status\":\"ready\"}");
    return true;
}

bool handle_metrics(struct op *op, const struct req *req, struct reply *rep)
{
    (void)op, (void)req;
    rep->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_write(&rep->body);
    return true;
}
