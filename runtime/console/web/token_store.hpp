// SPDX-License-Identifier: Apache-2.0
// The bearer tokens while the program runs: read from the volume once, written back after each change, both by workers
// with deadlines. Used by the API's routes. A volume that does not answer costs nobody a page: new tokens then hold
// until the console starts again, and the answer says so.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "console/access/tokens.hpp"
#include "console/pod/asked_child.hpp"

namespace tmplbuild::console {

class TokenStore {
  public:
    TokenStore(boost::asio::io_context& context, ChildQuestion reader, ChildQuestion writer)
        : reader_question_(std::move(reader)),
          writer_question_(std::move(writer)),
          reader_(context),
          writer_(context) {}

    void start();
    // Reads them again where the volume did not answer before, unless new ones were made meanwhile.
    void refresh();
    BearerTokens& tokens() { return tokens_; }
    bool are_read() const { return read_; }  // or could not be, in time
    // Writes them; `done` gets why they could not be kept, or nothing.
    void keep(std::function<void(const std::string& problem)> done);

  private:
    ChildQuestion reader_question_, writer_question_;
    AskedChild reader_, writer_;
    BearerTokens tokens_{};
    bool read_ = false;
    std::string problem_{"the volume was not read yet"};  // why those of earlier starts are not known; empty: they are
};

}  // namespace tmplbuild::console
