/* id.c - identifiers from the kernel's randomness. */

#include "common/base/id.h"

#include "common/base/clock.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

/* One system call serves many identifiers. */
enum { POOL_BYTES = 512 };

void random_bytes(void *out, size_t n)
{
    static _Thread_local unsigned char pool[POOL_BYTES];
    static _Thread_local size_t left;
    unsigned char *p = out;

    while (n) {
        if (left == 0) {
            if (getrandom(pool, sizeof(pool), 0) != (ssize_t)sizeof(pool))
                abort();
            left = sizeof(pool);
        }
        *p++ = pool[--left];
        pool[left] = 0;
        n--;
    }
}

/* 62 divides 248; what is above would favour the first letters. */
void random_letters(char *out, size_t n)
{
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char byte;

    while (n) {
        random_bytes(&byte, 1);
        if (byte < 248) {
            *out++ = base62[byte % 62];
            n--;
        }
    }
}

void uuid_make(char out[UUID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char b[16];
    char *p = out;

    random_bytes(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = hex[b[i] >> 4];
        *p++ = hex[b[i] & 15];
    }
    *p = '\0';
}

bool uuid_valid(struct str s)
{
    if (s.n != UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f');
        if (dash ? s.p[i] != '-' : !hex)
            return false;
    }
    return true;
}

/* 128 bits as 26 base32 digits, most significant first. */
static void base32(const unsigned char b[16], char *out)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned acc = 0;
    int bits = 2; /* 26 * 5 = 130: two leading zero bits */

    for (int i = 0; i < 16; i++) {
        acc = acc << 8 | b[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *out++ = alphabet[acc >> (bits - 5) & 31];
        acc &= (1u << bits) - 1;
    }
    *out = '\0';
}

static void make(const char *prefix, size_t n, char *out)
{
    unsigned char b[16];
    uint64_t ms = (uint64_t)clock_now_us() / 1000;

    random_bytes(b + 6, 10);
    for (int i = 0; i < 6; i++)
        b[i] = (unsigned char)(ms >> (40 - 8 * i));
    memcpy(out, prefix, n);
    base32(b, out + n);
}

void call_id_make(char out[CALL_ID_SIZE])
{
    make("call_", 5, out);
}

void request_id_make(char out[REQUEST_ID_SIZE])
{
    make("req_", 4, out);
}
