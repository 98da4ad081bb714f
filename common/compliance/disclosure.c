/* disclosure.c - whether something must be said before anything else, and in whose words. */

#include "common/compliance/disclosure_text.h"
#include "common/compliance/trial.h"

/* "pt-BR" is best spoken as "pt-BR", then as "pt"; a plain "pt" takes any. */
static const struct law_text *in_language(const struct law_text *texts, int n, const char *language)
{
    for (int i = 0; language[0] && i < n; i++)
        if (strcmp(texts[i].language, language) == 0)
            return &texts[i];
    for (int i = 0; language[0] && i < n; i++)
        if (strncmp(texts[i].language, language, 2) == 0)
            return &texts[i];
    return NULL;
}

static bool ai_in_force(const struct trial *t, const struct trial_law *l)
{
    return l->law->ai_required && trial_in_force(l, &l->law->ai_in_force, t->f->at.us);
}

static bool is_required(const struct trial *t, const struct trial_law *l)
{
    return (l->law->require_disclosure && !l->effect.waive_disclosure) || l->effect.ask_disclosure
           || ai_in_force(t, l);
}

/* That an AI is calling, and for whom, no text of the tenant's may leave out where it is law. */
static bool says_enough(const struct trial *t, const struct law *law)
{
    if (law->names_company_and_ai || !law->disclosure.valid)
        return true;
    for (int i = 0; i < t->n; i++)
        if (ai_in_force(t, &t->laws[i]))
            return false;
    return true;
}

typedef struct law_text text_of(const struct trial *t, const struct trial_law *l,
                                const char *language);

static struct law_text own_disclosure(const struct trial *t, const struct trial_law *l,
                                      const char *language)
{
    (void)language;
    if (l->effect.disclosure.text)
        return l->effect.disclosure;
    if (!l->tenant || !l->law->disclosure.text)
        return (struct law_text){0};
    if (says_enough(t, l->law))
        return l->law->disclosure;
    verdict_warn(t->v, CW_OVERRIDE_LOOSENING_IGNORED);
    return (struct law_text){0};
}

static struct law_text law_disclosure(const struct trial *t, const struct trial_law *l,
                                      const char *language)
{
    (void)t;
    const struct law_text *text =
        in_language(l->law->disclosure_texts, l->law->n_disclosure_texts, language);

    if (text)
        return *text;
    if (l->law->disclosure.text || !l->law->n_disclosure_texts)
        return l->law->disclosure;
    return l->law->disclosure_texts[0];
}

static struct law_text own_recording(const struct trial *t, const struct trial_law *l,
                                     const char *language)
{
    (void)t;
    (void)language;
    if (l->effect.recording.text)
        return l->effect.recording;
    return l->tenant ? l->law->recording : (struct law_text){0};
}

static struct law_text law_recording(const struct trial *t, const struct trial_law *l,
                                     const char *language)
{
    (void)t;
    const struct law_text *text =
        in_language(l->law->recording_texts, l->law->n_recording_texts, language);

    return text ? *text : l->law->recording;
}

/* The tenant's own words before the platform's, the number's country before the lead's. */
static struct law_text choose(const struct trial *t, text_of *own, text_of *platform)
{
    const char *language = t->f->lead.known ? t->f->lead.language : "";
    struct law_text text = {0};

    for (int i = 0; i < t->n && !text.text; i++)
        text = own(t, &t->laws[i], language);
    for (int i = 0; i < t->n && !text.text; i++)
        text = platform(t, &t->laws[i], language);
    return text;
}

static void choose_disclosure(struct trial *t)
{
    struct law_text text = choose(t, own_disclosure, law_disclosure);
    const char *language = t->f->lead.known ? t->f->lead.language : "";

    if (!text.text) {
        verdict_warn(t->v, CW_DISCLOSURE_DEFAULT_TEXT_USED);
        text = (struct law_text){language, disclosure_default_text(language), true};
    }
    t->v->disclosure_text = text.text;
    t->v->disclosure_language = text.language;
    if (!text.valid)
        verdict_refuse(t->v, CC_DISCLOSURE_TEMPLATE_INVALID);
    t->v->disclosure = text.valid ? CHECK_REQUIRED : CHECK_FAILED;
}

/* Where a state may ask for everybody's yes, one that is not known does. */
static bool asks_first(const struct trial_law *l)
{
    bool asks = l->law->all_party_recording || l->effect.ask_recording
                || (l->law->require_recording_consent && !l->effect.waive_recording)
                || (l->law->recording_by_state && l->n_subs == 0);

    for (int i = 0; i < l->n_subs; i++)
        asks |= l->subs[i]->all_party_recording;
    return asks;
}

void check_disclosure(struct trial *t)
{
    bool required = false;

    for (int i = 0; i < t->n; i++) {
        required |= is_required(t, &t->laws[i]);
        if (asks_first(&t->laws[i]))
            t->v->recording = RECORDING_ASK_FIRST;
    }
    if (required)
        choose_disclosure(t);
    struct law_text recording = choose(t, own_recording, law_recording);
    if (recording.valid)
        t->v->recording_text = recording.text;
}
