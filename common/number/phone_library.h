/*
 * phone_library.h - libphonenumber, for C.  Private to common/number.
 *
 * A number is its calling code and the digits after it, zeros in front kept.
 * Any thread; the first call reads the library's data (some milliseconds).
 */
#ifndef AGORALIA_PHONE_LIBRARY_H
#define AGORALIA_PHONE_LIBRARY_H

#include <stdbool.h>

/* The library's types, and their names on the wire. */
#define PHONE_LIBRARY_TYPES(X) \
    X(UNKNOWN, "unknown") \
    X(FIXED_LINE, "fixed_line") \
    X(MOBILE, "mobile") \
    X(FIXED_LINE_OR_MOBILE, "fixed_line_or_mobile") \
    X(TOLL_FREE, "toll_free") \
    X(PREMIUM_RATE, "premium_rate") \
    X(SHARED_COST, "shared_cost") \
    X(VOIP, "voip") \
    X(PERSONAL_NUMBER, "personal_number") \
    X(PAGER, "pager") \
    X(UAN, "uan") \
    X(VOICEMAIL, "voicemail")

enum phone_type {
#define X(name, word) PHONE_##name,
    PHONE_LIBRARY_TYPES(X)
#undef X
        PHONE_SHORT, /* a short code or an emergency number, spelt like a long one: +39112 */
};

enum { PHONE_REGION_SIZE = 4 };

#ifdef __cplusplus
extern "C" {
#endif

/* The region these digits belong to: ISO code, "001" for the world's, "ZZ" when unknown. */
void phone_library_region(int calling_code, const char *national, char region[PHONE_REGION_SIZE]);

/* The i-th region of a calling code, its main one first; false when there is none.  "001": as
 * above. */
bool phone_library_region_of_code(int calling_code, int i, char region[PHONE_REGION_SIZE]);

/* 0 for what is no region. */
int phone_library_calling_code(const char *region);

/* PHONE_UNKNOWN when the number is not valid; *geographic: its prefix says where it rings. */
enum phone_type phone_library_type(int calling_code, const char *national, bool *geographic);

#ifdef __cplusplus
}
#endif

#endif
