'use strict';
(function () {
  // Tips: the title of a mark, shown at once and on touch, too.
  var tip = document.createElement('div');
  tip.id = 'tip';
  tip.hidden = true;
  tip.setAttribute('role', 'status');
  document.body.appendChild(tip);
  document.querySelectorAll('svg g > title').forEach(function (title) {
    title.parentNode.setAttribute('data-tip', title.textContent);
    title.remove();
  });
  function show(event) {
    var mark = event.target.closest ? event.target.closest('[data-tip]') : null;
    if (!mark) { tip.hidden = true; return; }
    tip.textContent = mark.getAttribute('data-tip');
    tip.hidden = false;
    var box = mark.getBoundingClientRect(), half = tip.offsetWidth / 2, middle = box.left + box.width / 2;
    var left = Math.max(half + 6, Math.min(document.documentElement.clientWidth - half - 6, middle)) - half;
    var above = box.top - tip.offsetHeight - 6;
    tip.style.left = (left + window.scrollX) + 'px';
    tip.style.top = ((above < 4 ? box.bottom + 6 : above) + window.scrollY) + 'px';
  }
  document.addEventListener('pointerover', show);
  document.addEventListener('click', show);

  // Tables: a click on a head sorts by it.
  function value(row, column) {
    var text = row.children[column].textContent.trim().replace(/−/g, '-');
    var number = parseFloat(text.replace(/^[<+]\s*/, '').replace(/,/g, ''));
    return { text: text, number: /^[<+-]?\s*[\d.]/.test(text) ? number : NaN };
  }
  document.querySelectorAll('table.sortable').forEach(function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement('button');
      button.type = 'button';
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener('click', function () {
        var isNumber = head.classList.contains('n');
        var down = head.getAttribute('aria-sort') ? head.getAttribute('aria-sort') === 'ascending' : isNumber;
        heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        var rows = Array.prototype.slice.call(table.tBodies[0].rows);
        rows.sort(function (a, b) {
          var x = value(a, column), y = value(b, column), order;
          if (isNumber && (isNaN(x.number) || isNaN(y.number))) { return isNaN(x.number) - isNaN(y.number); }
          order = isNumber ? x.number - y.number : x.text.localeCompare(y.text, 'en', { numeric: true });
          return down ? -order : order;
        });
        rows.forEach(function (row) { table.tBodies[0].appendChild(row); });
      });
    });
  });

  // Paper has nothing to click: everything is open on it.
  var opened = [];
  window.addEventListener('beforeprint', function () {
    opened = Array.prototype.slice.call(document.querySelectorAll('details:not([open]):not(.numbers)'));
    opened.forEach(function (fold) { fold.open = true; });
  });
  window.addEventListener('afterprint', function () { opened.forEach(function (fold) { fold.open = false; }); });
})();
