/* Inbox: the row that somebody was at is found again after an act; desk.js walks over the rows. Editor:
   preview and keeping of unsaved words while one types. Both pages work without it. */
(function () {
  var rows = Array.prototype.slice.call(document.querySelectorAll("[data-row]")), place = "briefings-inbox-row";
  function at() { return rows.indexOf(document.activeElement.closest("[data-row]")); }
  document.querySelectorAll(".keyhelp").forEach(function (help) { help.hidden = false; });
  document.querySelectorAll("[data-tick-all]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      document.querySelectorAll("[data-row] [name=item]").forEach(function (box) { box.checked = true; });
    });
  });
  document.querySelectorAll("[data-inbox]").forEach(function (form) {
    form.addEventListener("submit", function () { try { sessionStorage.setItem(place, String(at())); } catch (_) { return; } });
    try {
      var kept = Number(sessionStorage.getItem(place) || -1);
      sessionStorage.removeItem(place);
      if (kept >= 0 && rows.length) { rows[Math.min(kept, rows.length - 1)].focus(); }
    } catch (_) { return; }
  });
  document.querySelectorAll("[data-editor]").forEach(function (form) {
    var show, keep, changed = false, button = form.querySelector("[data-preview]"), text = form.querySelector("[data-preview-text]"), shown = button;
    function look() {
      var old = document.querySelector("[data-frame]"), fresh = old.cloneNode(false);
      old.replaceWith(fresh);  /* a new frame leaves no step in the browser's history */
      form.requestSubmit(shown);
    }
    form.addEventListener("input", function () {
      changed = true;
      clearTimeout(show); show = setTimeout(look, 600);
      clearTimeout(keep); keep = setTimeout(function () { form.dispatchEvent(new Event("keep-unsaved")); }, 4000);
    });
    form.addEventListener("submit", function (event) { if (event.submitter === button || event.submitter === text) { shown = event.submitter; } else { clearTimeout(keep); changed = false; } });
    window.addEventListener("beforeunload", function (event) { if (changed) { event.preventDefault(); } });
    look();
  });
}());
