/*
 * law_reader.h - reading a law's document so that nothing in it is passed over.
 * Private to common/compliance.
 *
 * Every function returns a harmless value and remembers in the law what it did not
 * understand; a member that is absent or null is simply not there.
 */
#ifndef AGORALIA_COMPLIANCE_LAW_READER_H
#define AGORALIA_COMPLIANCE_LAW_READER_H

#include "common/base/json.h"
#include "common/compliance/law.h"

struct law_reader {
    struct op *op;
    struct law *law;
    const char *where; /* the part being read, for people */
};

void law_misread(struct law_reader *r, const char *what);

/* keys: every one that is understood or may be passed over, NULL-terminated. */
void law_only(struct law_reader *r, const struct cJSON *object, const char *const *keys);

const struct cJSON *law_member(const struct cJSON *object, const char *key);
bool law_flag(struct law_reader *r, const struct cJSON *object, const char *key, bool otherwise);
int law_count(struct law_reader *r, const struct cJSON *object, const char *key, int max);
const char *law_string(struct law_reader *r, const struct cJSON *object, const char *key);

/* The place of a word among those known; `otherwise` when there is none or another. */
int law_word(struct law_reader *r, const struct cJSON *object, const char *key,
             const char *const *words, int otherwise);

struct in_force law_in_force(struct law_reader *r, const struct cJSON *object);
const struct tz **law_zones(struct law_reader *r, const struct cJSON *list, int *n);

/* How many elements an array has; a misreading when it is none. */
int law_list(struct law_reader *r, const struct cJSON *v);

/* The parts of a law. */
void law_read_times(struct law_reader *r, const struct cJSON *object, const char *quiet_hours,
                    struct law_times *out);
void law_read_subs(struct law_reader *r, const struct cJSON *extended);
void law_read_consent(struct law_reader *r, const struct cJSON *extended);
void law_read_registry(struct law_reader *r, const struct cJSON *extended);
void law_read_duties(struct law_reader *r, const struct cJSON *extended);
struct law_text law_text_of(const char *language, const char *text);

enum consent_regime law_regime(struct law_reader *r, const struct cJSON *object, const char *key);

#endif
