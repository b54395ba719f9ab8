#include "frontend/report/run_page.h"

#include <nlohmann/json.hpp>

#include "frontend/report/assets.h"
#include "frontend/report/html_page.h"
#include "frontend/report/run_data.h"

namespace crossweave {

std::string run_page(const PreparedRun& prepared, const RecordedRun& recorded, const RunIdentity& identity) {
  const std::string title =
      prepared.scheduled.mapped.graph.name() + " on " + prepared.config.architecture.name + " - Crossweave";
  return html_page(title, run_data(prepared, recorded, identity), {assets::gantt_script(), assets::run_script()});
}

}  // namespace crossweave
