/* metrics.c - a fixed table of series; adding to a known one takes no lock. */

#include "common/base/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum type { COUNTER, GAUGE, HISTOGRAM };
enum { LABEL_BYTES = 64, BUCKETS = 12 };

static const struct {
    const char *name, *labels, *help;
    enum type type;
} metrics[METRIC_COUNT] = {
#define METRIC(id, type_, name_, labels_, help_) [M_##id] = {name_, labels_, help_, type_},
#include "common/base/metrics.def"
#undef METRIC
};

/* Upper edges in microseconds; the last bucket is +Inf. */
static const int64_t edges_us[BUCKETS - 1] = {500,   1000,   2500,   5000,    10000,   25000,
                                              50000, 100000, 500000, 2500000, 10000000};

struct series {
    _Atomic bool ready;
    enum metric_id id;
    char labels[METRIC_MAX_LABELS][LABEL_BYTES];
    _Atomic int64_t value; /* histograms: sum in microseconds */
    _Atomic int64_t buckets[BUCKETS];
};

static struct series table[METRIC_SERIES];
static _Atomic int used;
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;

static int label_count(enum metric_id id)
{
    int n = metrics[id].labels[0] ? 1 : 0;

    for (const char *p = metrics[id].labels; *p; p++)
        n += *p == ',';
    return n;
}

static unsigned hash_of(enum metric_id id, const char *const *labels, int n)
{
    unsigned h = 2166136261u ^ (unsigned)id;

    for (int i = 0; i < n; i++, h = (h ^ 0xff) * 16777619u)
        for (const char *p = labels[i] ? labels[i] : ""; *p; p++)
            h = (h ^ (unsigned char)*p) * 16777619u;
    return h;
}

static bool is_series(const struct series *s, enum metric_id id, const char *const *labels, int n)
{
    if (s->id != id)
        return false;
    for (int i = 0; i < n; i++)
        if (strncmp(s->labels[i], labels[i] ? labels[i] : "", LABEL_BYTES - 1) != 0)
            return false;
    return true;
}

/* The series, or the free slot where it would stand. */
static struct series *probe(enum metric_id id, const char *const *labels, int n)
{
    unsigned at = hash_of(id, labels, n) % METRIC_SERIES;

    while (atomic_load_explicit(&table[at].ready, memory_order_acquire)) {
        if (is_series(&table[at], id, labels, n))
            break;
        at = (at + 1) % METRIC_SERIES;
    }
    return &table[at];
}

static struct series *make(enum metric_id id, const char *const *labels, int n)
{
    pthread_mutex_lock(&growing);
    struct series *s = probe(id, labels, n);
    if (!s->ready) {
        s->id = id;
        for (int i = 0; i < n; i++)
            snprintf(s->labels[i], LABEL_BYTES, "%s", labels[i] ? labels[i] : "");
        used++;
        atomic_store_explicit(&s->ready, true, memory_order_release);
    }
    pthread_mutex_unlock(&growing);
    return s;
}

static struct series *series(enum metric_id id, const char *const *labels)
{
    static const char *const other[METRIC_MAX_LABELS] = {"other", "other", "other", "other"};
    int n = label_count(id);
    struct series *s = probe(id, labels, n);

    if (s->ready)
        return s;
    /* A quarter stays free so that probing ends; every metric may still get its "other". */
    return make(id, n && used > METRIC_SERIES * 3 / 4 ? other : labels, n);
}

void metric_add(enum metric_id id, int64_t n, const char *const *labels)
{
    atomic_fetch_add_explicit(&series(id, labels)->value, n, memory_order_relaxed);
}

void metric_set(enum metric_id id, int64_t v, const char *const *labels)
{
    atomic_store_explicit(&series(id, labels)->value, v, memory_order_relaxed);
}

void metric_observe_us(enum metric_id id, int64_t us)
{
    struct series *s = series(id, NULL);
    int b = 0;

    while (b < BUCKETS - 1 && us > edges_us[b])
        b++;
    atomic_fetch_add_explicit(&s->buckets[b], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->value, us, memory_order_relaxed);
}

static void write_labels(struct buf *b, const struct series *s)
{
    const char *name = metrics[s->id].labels;

    for (int i = 0; *name; i++) {
        size_t n = strcspn(name, ",");
        buf_char(b, i ? ',' : '{');
        buf_add(b, name, n);
        buf_char(b, '=');
        buf_json_string(b, str_of(s->labels[i]));
        name += n + (name[n] == ',');
    }
    if (metrics[s->id].labels[0])
        buf_char(b, '}');
}

static void write_histogram(struct buf *b, const struct series *s)
{
    int64_t sum = 0;

    for (int i = 0; i < BUCKETS; i++) {
        sum += s->buckets[i];
        if (i < BUCKETS - 1)
            buf_printf(b, "%s_bucket{le=\"%g\"} %lld\n", metrics[s->id].name,
                       (double)edges_us[i] / 1e6, (long long)sum);
        else
            buf_printf(b, "%s_bucket{le=\"+Inf\"} %lld\n", metrics[s->id].name, (long long)sum);
    }
    buf_printf(b, "%s_sum %.6f\n%s_count %lld\n", metrics[s->id].name, (double)s->value / 1e6,
               metrics[s->id].name, (long long)sum);
}

static void write_series(struct buf *b, const struct series *s)
{
    if (metrics[s->id].type == HISTOGRAM) {
        write_histogram(b, s);
        return;
    }
    buf_str(b, metrics[s->id].name);
    write_labels(b, s);
    buf_char(b, ' ');
    buf_i64(b, s->value);
    buf_char(b, '\n');
}

void metrics_write(struct buf *b)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};

    for (enum metric_id id = 0; id < METRIC_COUNT; id++) {
        buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", metrics[id].name, metrics[id].help,
                   metrics[id].name, types[metrics[id].type]);
        for (int i = 0; i < METRIC_SERIES; i++)
            if (atomic_load_explicit(&table[i].ready, memory_order_acquire) && table[i].id == id)
                write_series(b, &table[i]);
    }
}
