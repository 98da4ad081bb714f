/* ledger_file.c - written by the exporter, read by whoever doubts it. */

#include "common/ledger/ledger_file.h"

#include "common/base/digest.h"

#include <inttypes.h>
#include <stdio.h>

static const char magic[] = "agoralia-ledger-1";

enum { SPAN_FIELDS = 8, ENTRY_FIELDS = 5, LAW_FIELDS = 3 };

static void write_hash(struct buf *b, const unsigned char hash[CHAIN_HASH_BYTES])
{
    char hex[CHAIN_HEX_SIZE];

    hex_write(hex, hash, CHAIN_HASH_BYTES);
    buf_str(b, hex);
}

void ledger_write_span(struct buf *b, const struct ledger_span *s)
{
    buf_printf(b, "%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t", magic, s->tenant_id, s->first,
               s->last);
    write_hash(b, s->opening);
    buf_char(b, '\t');
    write_hash(b, s->head);
    buf_printf(b, "\t%s\t%s\n", s->key ? s->key : "-", s->signature ? s->signature : "-");
}

void ledger_write_entry(struct buf *b, const struct chain_head *h, struct str record,
                        const char *salt_hex, const char *personal)
{
    buf_i64(b, h->seq);
    buf_char(b, '\t');
    write_hash(b, h->hash);
    buf_char(b, '\t');
    buf_add(b, record.p, record.n);
    if (personal)
        buf_printf(b, "\t%s\t%s", salt_hex, personal);
    buf_char(b, '\n');
}

void ledger_write_law(struct buf *b, const char *hash, const char *document)
{
    buf_printf(b, "law\t%s\t", hash);
    buf_str(b, document);
    buf_char(b, '\n');
}

static bool wrong(struct ledger_check *c, int64_t entry, const char *problem)
{
    c->bad = entry;
    c->problem = problem;
    return false;
}

/* The line's fields; more than fit are none. */
static size_t split(struct str line, struct str *fields, size_t most)
{
    size_t n = 0;

    for (;;) {
        const char *tab = memchr(line.p, '\t', line.n);
        size_t width = tab ? (size_t)(tab - line.p) : line.n;
        if (n == most)
            return 0;
        fields[n++] = (struct str){line.p, width};
        if (!tab)
            return n;
        line = (struct str){tab + 1, line.n - width - 1};
    }
}

/* Digits only, without a leading zero: one number has one spelling. */
static bool read_number(struct str text, int64_t *out)
{
    int64_t v = 0;

    if (text.n == 0 || text.n > 18 || (text.p[0] == '0' && text.n > 1))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        v = 10 * v + (text.p[i] - '0');
    }
    *out = v;
    return true;
}

static bool read_span(struct ledger_check *c, struct str line)
{
    struct str f[SPAN_FIELDS];
    struct ledger_span *s = &c->span;

    if (split(line, f, SPAN_FIELDS) != SPAN_FIELDS || !str_eq(f[0], STR("agoralia-ledger-1"))
        || !read_number(f[1], &s->tenant_id) || !read_number(f[2], &s->first)
        || !read_number(f[3], &s->last) || !hex_read(f[4], s->opening, CHAIN_HASH_BYTES)
        || !hex_read(f[5], s->head, CHAIN_HASH_BYTES) || s->first < 1 || s->last < s->first - 1)
        return wrong(c, 0, "the first line is not that of a ledger");
    c->at.seq = s->first - 1;
    memcpy(c->at.hash, s->opening, CHAIN_HASH_BYTES);
    const struct chain_head head = {.seq = s->last};
    struct chain_head signed_head = head;
    memcpy(signed_head.hash, s->head, CHAIN_HASH_BYTES);
    if (c->key && !chain_signed(c->key, s->tenant_id, &signed_head, f[7]))
        return wrong(c, 0, "the signature is not this key's, or the first line was changed");
    return true;
}

static bool read_entry(struct ledger_check *c, struct str line)
{
    unsigned char hash[CHAIN_HASH_BYTES];
    struct str f[ENTRY_FIELDS];
    size_t n = split(line, f, ENTRY_FIELDS);
    int64_t expected = c->at.seq + 1, seq;

    if (expected > c->span.last)
        return wrong(c, expected, "there are more entries than were signed");
    if ((n != 3 && n != ENTRY_FIELDS) || !read_number(f[0], &seq)
        || !hex_read(f[1], hash, CHAIN_HASH_BYTES))
        return wrong(c, expected, "the line is not that of an entry");
    if (seq != expected)
        return wrong(c, expected, "it is missing or not in its place");
    chain_add(&c->at, f[2]);
    if (memcmp(hash, c->at.hash, CHAIN_HASH_BYTES) != 0)
        return wrong(c, expected, "it was changed, or does not follow from the one before it");
    if (n == ENTRY_FIELDS && !commitment_fits(f[2], f[3], f[4]))
        return wrong(c, expected, "its personal part is not what was committed to");
    c->opened += n == ENTRY_FIELDS;
    c->entries++;
    return true;
}

bool ledger_read_law(struct str line, struct str *hash, struct str *document)
{
    struct str f[LAW_FIELDS];

    if (split(line, f, LAW_FIELDS) != LAW_FIELDS || !str_eq(f[0], STR("law")))
        return false;
    *hash = f[1];
    *document = f[2];
    return true;
}

bool ledger_read_entry(struct str line, struct ledger_entry *out)
{
    struct str f[ENTRY_FIELDS];
    size_t n = split(line, f, ENTRY_FIELDS);

    if ((n != 3 && n != ENTRY_FIELDS) || !read_number(f[0], &out->seq))
        return false;
    out->record = f[2];
    out->personal = n == ENTRY_FIELDS ? f[4] : (struct str){0};
    return true;
}

/* Entries name their laws by these hashes: a law that was changed is none of theirs. */
static bool check_law(struct ledger_check *c, struct str hash, struct str document)
{
    char hex[SHA256_HEX_SIZE];

    digest_hex(DIGEST_SHA256, document, hex);
    c->laws++;
    return str_eq(hash, str_of(hex)) || wrong(c, 0, "the text of a law was changed");
}

bool ledger_check_line(struct ledger_check *c, struct str line)
{
    struct str hash, document;

    if (c->lines++ == 0)
        return read_span(c, line);
    if (ledger_read_law(line, &hash, &document))
        return check_law(c, hash, document);
    return read_entry(c, line);
}

bool ledger_check_end(struct ledger_check *c)
{
    if (c->problem)
        return false;
    if (c->lines == 0)
        return wrong(c, 0, "the file is empty");
    if (c->at.seq < c->span.last)
        return wrong(c, c->at.seq + 1, "it is missing");
    if (memcmp(c->at.hash, c->span.head, CHAIN_HASH_BYTES) != 0)
        return wrong(c, c->at.seq, "the chain does not end in the head that was signed");
    return true;
}
