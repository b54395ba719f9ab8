#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "frontend/commands/command.h"
#include "frontend/commands/sweep_end.h"

namespace crossweave {
namespace {

struct MergeOptions {
  std::vector<std::string> parts;
  std::string out;
};

int merge(const MergeOptions& options) {
  const std::filesystem::path beside = std::filesystem::path{options.parts.front()}.parent_path();
  const Result<OutputDirectory> directory =
      OutputDirectory::open(!options.out.empty() ? std::filesystem::path{options.out}
                            : beside.empty()     ? std::filesystem::path{"."}
                                                 : beside);
  if (!directory) {
    return report(directory.error());
  }
  Result<SweepDatabase> merged =
      SweepDatabase::merge(directory->file("sweep.db"), {options.parts.begin(), options.parts.end()});
  return merged ? end_of_sweep(*merged, *directory) : report(merged.error());
}

}  // namespace

std::function<int()> declare_merge(CLI::App& app) {
  auto options = std::make_shared<MergeOptions>();
  app.add_option("DATABASES", options->parts, "What the parts of a sweep wrote")
      ->required()
      ->type_name("A.db B.db ...");
  app.add_option("--out", options->out, "Folder for the results (default: that of the first part)")->type_name("DIR");
  return [options] {
    try {
      return merge(*options);
    } catch (const DatabaseError& error) {
      return report({error.problem()});
    }
  };
}

}  // namespace crossweave
