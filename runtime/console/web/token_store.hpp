// SPDX-License-Identifier: Apache-2.0
// The bearer tokens while the program runs: read from the volume at the start, and each change written back, both by
// workers with deadlines. The worker applies the changes to what the volume has, so that pods that share it keep each
// other's tokens. A change that could not be written is tried again until it is. Used by the API's routes. A volume
// that does not answer costs nobody a page: the answer to a change says so.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>
#include <vector>

#include "console/access/tokens.hpp"
#include "console/pod/asked_child.hpp"

namespace tmplbuild::console {

class TokenStore {
  public:
    using Done = std::function<void(const std::string& problem)>;

    TokenStore(boost::asio::io_context& context, ChildQuestion reader, ChildQuestion writer)
        : reader_question_(std::move(reader)),
          writer_question_(std::move(writer)),
          reader_(context),
          writer_(context),
          again_(context) {}

    void start();
    // Reads them again where the volume did not answer before.
    void refresh();
    BearerTokens& tokens() { return tokens_; }
    bool are_read() const { return read_; }  // or could not be, in time
    // Keeps a token that was made, or withdrawn, in tokens(); `done` gets why it is not on the volume yet, or nothing.
    void keep_made(const std::string& id, Done done);
    void keep_withdrawn(const std::string& id, Done done);

  private:
    void keep(Done done);
    void write();
    void written(const ChildEnd& end, const std::vector<Done>& waiting, const TokenChange& change);
    bool take(const std::string& text);  // the volume's, and what is not on it yet

    ChildQuestion reader_question_, writer_question_;
    AskedChild reader_, writer_;
    boost::asio::steady_timer again_;
    BearerTokens tokens_{};
    TokenChange unkept_{};         // what is not on the volume, and is not being written
    TokenChange on_its_way_{};     // what a worker writes now
    std::vector<Done> waiting_{};  // for the writing that comes next
    std::size_t writings_ = 0;     // ended well
    bool read_ = false;
    std::string problem_{"the volume was not read yet"};  // why those of earlier starts are not known; empty: they are
};

}  // namespace tmplbuild::console
