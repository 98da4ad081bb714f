/*
 * defaults.c - a plausible Retell, as JSON.
 *
 * Outcomes, latencies and costs are round guesses at an ordinary campaign; they
 * are not statistics of the vendor's.
 */

#include "tests/retell_sim/config.h"

/* clang-format off */
const char sim_config_defaults[] =
"{\"listen\":\"127.0.0.1:9470\",\"control\":\"127.0.0.1:9471\",\"seed\":42,\"time_scale\":60,"
"\"workspaces\":[{\"org_name\":\"Demo\","
  "\"keys\":[{\"key\":\"key_demo\",\"webhook\":true,\"scopes\":\"all\"}],"
  "\"webhook_url\":null,\"concurrency_limit\":20,\"reserved_inbound\":0,\"burst\":false,"
  "\"cps\":{\"twilio\":1,\"telnyx\":1,\"custom\":5},\"card_on_file\":true,\"balance_cents\":100000,"
  "\"agents\":[{\"agent_id\":\"agent_abc123\",\"agent_name\":\"Demo IT\",\"version\":3,"
    "\"is_published\":true}],"
  "\"numbers\":[{\"phone_number\":\"+14157774444\",\"type\":\"retell-twilio\","
    "\"outbound\":\"agent_abc123\"},"
    "{\"phone_number\":\"+390212345678\",\"type\":\"custom\",\"outbound\":\"agent_abc123\"}]}],"
"\"api\":{\"latency_ms\":{\"dist\":\"lognormal\",\"p50\":180,\"p95\":700,\"max\":5000},"
  "\"per_op\":{\"create_phone_call\":{\"p50\":450,\"p95\":1500}},"
  "\"rate_limit\":{\"requests\":100,\"window_ms\":10000,\"retry_after\":\"seconds\"},"
  "\"faults\":{\"http_500\":0.002,\"http_503\":0.001,\"http_429\":0,\"http_402\":0,"
    "\"reset\":0.0005,\"reset_after_commit\":0.0005,\"hang\":0,\"html_502\":0.0005},"
  "\"not_found\":{\"call\":422,\"from_number\":404},\"over_concurrency\":\"429\"},"
"\"telephony\":{\"ring_ms\":{\"p50\":9000,\"p95\":22000},\"busy_ms\":[800,4000],"
  "\"invalid_ms\":[300,2000],\"voicemail_after_ms\":[18000,28000],"
  "\"talk_ms\":{\"p50\":75000,\"p95\":310000},\"max_call_ms\":3600000},"
"\"outcomes\":{\"user_hangup\":0.24,\"agent_hangup\":0.14,\"dial_no_answer\":0.24,"
  "\"voicemail_reached\":0.17,\"dial_busy\":0.05,\"user_declined\":0.05,\"dial_failed\":0.03,"
  "\"invalid_destination\":0.03,\"inactivity\":0.01,\"call_transfer\":0.02,"
  "\"marked_as_spam\":0.005,\"error_retell\":0.005,\"telephony_provider_unavailable\":0.005,"
  "\"user_requested_dnc\":0.005},"
"\"analysis\":{\"delay_ms\":{\"p50\":6000,\"p95\":20000},\"success_rate\":0.3,"
  "\"missing_rate\":0.01,\"custom\":{\"disposition\":{\"qualified\":0.1,\"not_interested\":0.3,"
  "\"callback\":0.08}}},"
"\"cost\":{\"cents_per_sec\":0.18,\"telephony_cents_per_min\":{\"+1\":1.5,\"+39\":6,\"+33\":6}},"
"\"webhooks\":{\"timeout_ms\":10000,\"retries\":3,\"retry_gap_ms\":[500,2000,5000],"
  "\"connections\":256,\"duplicate\":0.02,\"out_of_order\":0.01,\"lost\":0.005,"
  "\"extra_delay_ms\":{\"p\":0.02,\"ms\":45000},\"bad_signature\":0,\"stale_signature\":0,"
  "\"truncated\":0,\"slow_loris\":0,\"transcript_updates\":false},"
"\"compat\":{\"seed_paths\":false,\"enum_level\":\"5.66\",\"idempotency_key\":\"replay\"}}";
/* clang-format on */
