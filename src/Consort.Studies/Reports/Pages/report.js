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

  // Runs on one data set alone, where there are several.
  var names = [];
  document.querySelectorAll('[data-of]').forEach(function (part) {
    if (names.indexOf(part.getAttribute('data-of')) < 0) { names.push(part.getAttribute('data-of')); }
  });
  if (names.length > 1) {
    var label = document.createElement('label'), choice = document.createElement('select');
    label.className = 'filter';
    label.textContent = 'Runs on ';
    ['all data'].concat(names).forEach(function (name, i) { choice.add(new Option(name, i === 0 ? '' : name)); });
    choice.addEventListener('change', function () {
      document.querySelectorAll('[data-of]').forEach(function (part) {
        part.hidden = choice.value !== '' && part.getAttribute('data-of') !== choice.value;
      });
    });
    label.appendChild(choice);
    document.querySelector('.findings').before(label);
  }

  // Pictures and tables as files.
  function save(name, blob) {
    var link = document.createElement('a'), place = URL.createObjectURL(blob);
    link.download = name;
    link.href = place;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(place); }, 1000);
  }
  function nameOf(part, ending) {
    var section = part.closest('section'), panel = part.closest('.panel'), head = panel && panel.querySelector('h3');
    var words = (section ? section.id : 'report') + (head ? ' ' + head.textContent : '');
    return words.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') + ending;
  }
  // Colours and sizes come from the page's style: in a file of its own each shape says its own.
  var told = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'stroke-linejoin', 'font-size', 'font-family'];
  function alone(svg) {
    var copy = svg.cloneNode(true), shapes = svg.querySelectorAll('*'), copies = copy.querySelectorAll('*'), size = svg.viewBox.baseVal;
    shapes.forEach(function (shape, i) {
      var style = getComputedStyle(shape);
      copies[i].removeAttribute('class');
      told.forEach(function (name) { copies[i].style.setProperty(name, style.getPropertyValue(name)); });
      if (shape.hasAttribute('data-tip')) {
        var title = document.createElementNS(svg.namespaceURI, 'title');
        title.textContent = shape.getAttribute('data-tip');
        copies[i].removeAttribute('data-tip');
        copies[i].prepend(title);
      }
    });
    copy.setAttribute('width', size.width);
    copy.setAttribute('height', size.height);
    copy.style.background = getComputedStyle(document.body).backgroundColor;
    return new XMLSerializer().serializeToString(copy);
  }
  function picture(svg) {
    var image = new Image(), size = svg.viewBox.baseVal, scale = 3;
    image.onload = function () {
      var canvas = document.createElement('canvas'), draw = canvas.getContext('2d');
      canvas.width = size.width * scale;
      canvas.height = size.height * scale;
      draw.fillStyle = getComputedStyle(document.body).backgroundColor;
      draw.fillRect(0, 0, canvas.width, canvas.height);
      draw.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) { save(nameOf(svg, '.png'), blob); });
    };
    image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(alone(svg));
  }
  function csv(table) {
    return Array.prototype.map.call(table.rows, function (row) {
      return Array.prototype.map.call(row.cells, function (cell) {
        var text = cell.textContent.trim();
        if (cell.classList.contains('n') && cell.tagName !== 'TH') { text = text === '–' ? '' : text.replace(/−/g, '-').replace(/,/g, ''); }
        return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
      }).join(',');
    }).join('\n') + '\n';
  }
  function buttons(after, all) {
    var line = document.createElement('p');
    line.className = 'save';
    all.forEach(function (one) {
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = one[0];
      button.addEventListener('click', one[1]);
      line.appendChild(button);
    });
    after.after(line);
  }
  document.querySelectorAll('.panel').forEach(function (panel) {
    function seen() { return Array.prototype.find.call(panel.querySelectorAll('svg'), function (svg) { return svg.getBoundingClientRect().width > 0; }); }
    buttons(panel.lastElementChild, [
      ['SVG', function () { save(nameOf(seen(), '.svg'), new Blob([alone(seen())], { type: 'image/svg+xml' })); }],
      ['PNG', function () { picture(seen()); }]]);
  });
  document.querySelectorAll('.scroll').forEach(function (scroll) {
    buttons(scroll, [['CSV', function () { save(nameOf(scroll, '.csv'), new Blob([csv(scroll.querySelector('table'))], { type: 'text/csv' })); }]]);
  });

  // Paper has nothing to click: everything is open on it.
  var opened = [];
  window.addEventListener('beforeprint', function () {
    opened = Array.prototype.slice.call(document.querySelectorAll('details:not([open]):not(.numbers)'));
    opened.forEach(function (fold) { fold.open = true; });
  });
  window.addEventListener('afterprint', function () { opened.forEach(function (fold) { fold.open = false; }); });
})();
