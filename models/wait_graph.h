// Who waits for whom when a run can not go on.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace crossweave {

/// Names of sets, operations and buffers, and which of them waits for which.
class WaitGraph {
 public:
  void add(const std::string& who, const std::string& whom, const std::string& why);

  /// The shortest ring of waiting from where the first one is found: "A waits for B: why", one line each; empty when
  /// nobody waits in a ring.
  [[nodiscard]] std::vector<std::string> ring() const;

 private:
  struct Edge {
    std::size_t to;
    std::string why;
  };
  std::size_t node(const std::string& name);

  std::vector<std::string> names_;
  std::map<std::string, std::size_t> numbers_;
  std::vector<std::vector<Edge>> edges_;
};

}  // namespace crossweave
