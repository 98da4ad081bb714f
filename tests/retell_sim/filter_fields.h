/* filter_fields.h - the fields a filter may name.  Private to filters.c and filter_match.c. */
#ifndef AGORALIA_SIM_FILTER_FIELDS_H
#define AGORALIA_SIM_FILTER_FIELDS_H

#include <stdbool.h>

enum field_id {
    FF_call_id,
    FF_batch_call_id,
    FF_from_number,
    FF_to_number,
    FF_call_status,
    FF_call_type,
    FF_direction,
    FF_disconnection_reason,
    FF_data_storage_setting,
    FF_user_sentiment,
    FF_agent_tag,
    FF_call_successful,
    FF_in_voicemail,
    FF_start_timestamp,
    FF_end_timestamp,
    FF_duration_ms,
    FF_combined_cost,
    FF_e2e_latency_p50,
    FF_metadata,
    FF_dynamic_variables,
    FF_custom_attributes,
    FF_custom_analysis_data,
    FF_agent,
    FF_tool_calls,
};

struct sim_filter_field {
    const char *name;
    enum field_id id;
    unsigned shapes;
    bool keyed;         /* an array of conditions, each with a key */
    const char *labels; /* the values an enum may name; NULL = any */
};

#endif
