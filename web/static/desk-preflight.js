// While preflight runs, its part of the page is read anew; when it is through, the
// whole page. Without this script there is a link to look again.
(function () {
  "use strict";
  var failed = 0;
  function again(after) { setTimeout(look, after); }
  function look() {
    fetch(location.pathname, { credentials: "same-origin", headers: { Accept: "text/html" } }).then(function (answer) {
      if (!answer.ok || new URL(answer.url).pathname !== location.pathname) throw new Error(answer.status);
      return answer.text();
    }).then(function (text) {
      var here = document.querySelector("[data-running]");
      var there = new DOMParser().parseFromString(text, "text/html").querySelector("[data-running]");
      failed = 0;
      if (!here || !there) return location.reload();
      if (here.innerHTML !== there.innerHTML) here.innerHTML = there.innerHTML;
      again(1000);
    }).catch(function () {
      if (++failed < 30) again(1000 * failed);
    });
  }
  again(700);
})();
