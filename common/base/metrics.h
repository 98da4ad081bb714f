/*
 * metrics.h - counters, gauges and histograms of this process; metrics.def lists them.
 *
 * Any thread may add at any time.  A series is one metric with one set of label
 * values; at most METRIC_SERIES exist, further label values are folded into
 * "other" so that nobody can blow the exposition up.
 */
#ifndef AGORALIA_METRICS_H
#define AGORALIA_METRICS_H

#include "common/base/buf.h"

enum metric_id {
#define METRIC(id, type, name, labels, help) M_##id,
#include "common/base/metrics.def"
#undef METRIC
    METRIC_COUNT
};

enum { METRIC_SERIES = 2048, METRIC_MAX_LABELS = 4 };

/* labels: NULL, or values in metrics.def's order, e.g. LABELS("calls", "dead"). */
#define LABELS(...) ((const char *const[METRIC_MAX_LABELS]){__VA_ARGS__})

void metric_add(enum metric_id id, int64_t n, const char *const *labels);
void metric_set(enum metric_id id, int64_t v, const char *const *labels);

/* A duration into a histogram. */
void metric_observe_us(enum metric_id id, int64_t us);

/* Everything, in Prometheus text format 0.0.4. */
void metrics_write(struct buf *b);

#endif
