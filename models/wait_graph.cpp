#include "models/wait_graph.h"

#include <algorithm>
#include <deque>

namespace crossweave {

std::size_t WaitGraph::node(const std::string& name) {
  const auto [entry, is_new] = numbers_.try_emplace(name, names_.size());
  if (is_new) {
    names_.push_back(name);
    edges_.emplace_back();
  }
  return entry->second;
}

void WaitGraph::add(const std::string& who, const std::string& whom, const std::string& why) {
  const std::size_t from = node(who);
  const std::size_t to = node(whom);
  std::vector<Edge>& edges = edges_[from];
  if (std::ranges::find(edges, to, &Edge::to) == edges.end()) {
    edges.push_back({to, why});
  }
}

std::vector<std::string> WaitGraph::ring() const {
  for (std::size_t start = 0; start < names_.size(); ++start) {
    // Breadth first, back to the start: the shortest ring through it.
    std::vector<std::size_t> came_from(names_.size(), names_.size());
    std::vector<const Edge*> by(names_.size(), nullptr);
    std::deque<std::size_t> reached{start};
    while (!reached.empty() && by[start] == nullptr) {
      const std::size_t at = reached.front();
      reached.pop_front();
      for (const Edge& edge : edges_[at]) {
        if (by[edge.to] == nullptr) {
          by[edge.to] = &edge;
          came_from[edge.to] = at;
          reached.push_back(edge.to);
        }
      }
    }
    if (by[start] == nullptr) {
      continue;
    }
    std::vector<std::string> lines;
    std::size_t at = start;
    do {
      lines.push_back(names_[came_from[at]] + " waits for " + names_[at] + ": " + by[at]->why);
      at = came_from[at];
    } while (at != start);
    std::ranges::reverse(lines);
    return lines;
  }
  return {};
}

}  // namespace crossweave
