/* What an edition's page gets on top of its buttons: j and k between items, dragging, and the phone's
   line while somebody writes. Everything works without it. */
(function () {
  var list = document.querySelector("[data-order]"), form = document.querySelector("[data-order-form]");
  var items = function () { return [].slice.call(document.querySelectorAll("[data-item]")); };
  function writing(target) { return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName); }
  document.addEventListener("keydown", function (event) {
    if (!document.documentElement.classList.contains("has-keys") || writing(event.target) || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key !== "j" && event.key !== "k") { return; }
    var all = items(), here = all.indexOf(event.target.closest("[data-item]"));
    var next = all[Math.max(0, Math.min(all.length - 1, here + (event.key === "j" ? 1 : here < 0 ? 1 : -1)))];
    if (next) { event.preventDefault(); next.focus(); }
  });
  document.addEventListener("toggle", function (event) {
    var box = event.target.open && event.target.querySelector("input[type=text]");
    if (box) { box.focus(); }
  }, true);
  if (location.hash.indexOf("#item-") === 0) {
    var moved = document.getElementById(location.hash.slice(1));
    if (moved) { moved.focus(); }
  }
  if (list && form) {
    var dragged = null;
    items().forEach(function (item) {
      item.draggable = true;
      item.addEventListener("dragstart", function (event) {
        dragged = item; item.classList.add("dragged");
        event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", item.dataset.item);
      });
      item.addEventListener("dragend", function () { item.classList.remove("dragged"); });
      item.addEventListener("dragover", function (event) {
        if (!dragged || dragged === item) { return; }
        event.preventDefault();
        var box = item.getBoundingClientRect();
        list.insertBefore(dragged, event.clientY < box.top + box.height / 2 ? item : item.nextSibling);
      });
    });
    list.addEventListener("drop", function (event) {
      event.preventDefault();
      items().forEach(function (item) {
        var field = document.createElement("input");
        field.type = "hidden"; field.name = "order"; field.value = item.dataset.item;
        form.appendChild(field);
      });
      form.submit();
    });
    list.addEventListener("dragover", function (event) { if (dragged) { event.preventDefault(); } });
  }
  document.querySelectorAll("#subject, #preheader").forEach(function (field) {
    field.addEventListener("input", function () {
      var shown = document.querySelector('[data-shows="' + field.id + '"]'), count = document.querySelector('[data-count="' + field.id + '"]');
      var words = field.value || shown.dataset.else;
      shown.textContent = words; count.textContent = Array.from(words).length;
    });
  });
}());
