// The page draws one Snapshot after another (see snapshot.go). It keeps nothing but what is half typed or unread.
// Data reaches the page as text only: through textContent, never as markup.
'use strict';

const $ = (id) => document.getElementById(id);
const list = (items) => items || []; // Go writes an empty list as null

// el makes an element: its class, its text or children.
function el(tag, className, ...content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...content);
  return node;
}

// linked is a text whose web addresses can be clicked; they open beside the demo.
function linked(text) {
  return text.split(/(https?:\/\/[\w.:[\]/-]+)/).map((part, i) => {
    if (i % 2 === 0) return part;
    const a = el('a', '', part);
    a.href = part;
    a.target = '_blank';
    a.rel = 'noopener';
    return a;
  });
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// keyed makes the children of parent those of items, in their order, and reuses what is there: draw(node, item) fills
// a node. Nodes that come later than the first drawing are marked new.
function keyed(parent, items, key, make, draw) {
  const known = parent.known || new Map();
  const next = new Map();
  let at = parent.firstElementChild;
  for (const item of items) {
    const id = key(item);
    let node = known.get(id);
    if (!node) {
      node = make(item);
      if (parent.known) node.classList.add('new');
    }
    draw(node, item);
    next.set(id, node);
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const [id, node] of known) if (next.get(id) !== node) node.remove();
  parent.known = next;
}

// ---- Time. Instants come in the season's zone; their digits are shown as they are.

const weekdays = ['星期日', '星期一', '星期二', '星期三', '星期四', '星期五', '星期六'];
const dayLength = 86400000;
const wall = (iso) => new Date(iso.slice(0, 19) + 'Z');
const dayOf = (date) => Math.floor(date / dayLength);
const hhmm = (date) => date.toISOString().slice(11, 16);
const monthDay = (date) => `${date.getUTCMonth() + 1}月${date.getUTCDate()}日`;

let now = { base: 0, since: 0, ticking: false };

function present() {
  return new Date(now.base + (now.ticking ? performance.now() - now.since : 0));
}

// when says an instant as WeChat does, by its distance from today.
function when(iso) {
  const date = wall(iso);
  const today = present();
  const days = dayOf(today) - dayOf(date);
  if (days === 0) return hhmm(date);
  if (days === 1) return '昨天 ' + hhmm(date);
  if (days === -1) return '明天 ' + hhmm(date);
  if (days > 1 && days < 7) return `${weekdays[date.getUTCDay()]} ${hhmm(date)}`;
  const year = date.getUTCFullYear() === today.getUTCFullYear() ? '' : `${date.getUTCFullYear()}年`;
  return `${year}${monthDay(date)} ${hhmm(date)}`;
}

function drawClock() {
  const date = present();
  const leaf = $('leaf-day').parentElement;
  if ($('leaf-day').textContent !== String(date.getUTCDate())) {
    leaf.classList.remove('turn');
    void leaf.offsetWidth; // restart the animation
    leaf.classList.add('turn');
  }
  setText($('leaf-month'), `${date.getUTCMonth() + 1}月`);
  setText($('leaf-day'), String(date.getUTCDate()));
  setText($('now-day'), `${date.getUTCFullYear()}年${monthDay(date)} ${weekdays[date.getUTCDay()]}`);
  setText($('now-time'), hhmm(date));
  $('now').dateTime = date.toISOString().slice(0, 16);
  for (const unit of units.values()) setText(unit.time, hhmm(date));
}

// ---- Talking to the program

let toastTimer = 0;

function toast(text) {
  setText($('toast'), text);
  $('toast').classList.add('up');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $('toast').classList.remove('up'), 4000);
}

// post does something on the stage; when it is refused, the reason is shown and false returned.
async function post(path, body) {
  try {
    const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    if (answer.ok) return true;
    toast((await answer.json()).error);
  } catch {
    toast('演示程序没有回应，请看看它是否还在运行。');
  }
  return false;
}

function move(step) {
  if (shown && shown.moving) toast('日历正在走，请稍候。');
  else post('move', { step });
}

// ---- Phones

const tones = ['#3b7dd8', '#c2622d', '#7a5bc0', '#1f8a70', '#b0446f', '#50708a', '#8a6d1f', '#2f7f3f'];

function tone(text) {
  let sum = 0;
  for (const c of text) sum = (sum * 31 + c.codePointAt(0)) % 9973;
  return tones[sum % tones.length];
}

function drawAvatar(node, person) {
  setText(node, person.initial);
  node.style.setProperty('--tone', tone(person.id));
}

// Unit is one phone with its holder above and its tab.
class Unit {
  constructor(key) {
    this.key = key;
    this.root = $('phone').content.firstElementChild.cloneNode(true);
    const find = (selector) => this.root.querySelector(selector);
    this.avatar = find('.avatar');
    this.name = find('.holder-who strong');
    this.role = find('.tag');
    this.where = find('.holder-who small');
    this.badge = find('.badge');
    this.swap = find('.switch');
    this.phone = find('.phone');
    this.time = find('.status-time');
    this.title = find('.bar-title');
    this.chat = find('.chat');
    this.lines = find('.chat ol');
    this.meet = find('.meet');
    this.fresh = find('.fresh');
    this.choices = find('.choices');
    this.words = find('.words');
    this.form = find('.composer');
    this.field = find('textarea');
    this.tabName = el('span', '');
    this.tabBadge = el('span', 'badge');
    this.tabBadge.hidden = true;
    this.tab = el('button', '', this.tabName, this.tabBadge);
    this.tab.type = 'button';
    this.messages = new Map(); // id → line
    this.unread = 0;
    this.listen();
  }

  listen() {
    this.root.id = 'phone-' + this.key;
    this.tab.addEventListener('click', () => showPhone(this));
    this.swap.hidden = this.key !== 'member';
    this.swap.addEventListener('click', openPeople);
    this.meet.querySelector('button').addEventListener('click', () => this.addFriend());
    this.fresh.addEventListener('click', () => this.toEnd(true));
    this.chat.addEventListener('scroll', () => { if (this.atEnd()) this.fresh.hidden = true; }, { passive: true });
    for (const event of ['pointerenter', 'pointerdown', 'focusin']) this.root.addEventListener(event, () => this.read());
    this.form.addEventListener('submit', (e) => {
      e.preventDefault();
      this.sendTyped();
    });
    this.field.addEventListener('keydown', (e) => {
      // Enter that ends an input method's composition belongs to the input method; Safari tells by code 229 only.
      if (e.key !== 'Enter' || e.shiftKey || e.isComposing || e.keyCode === 229) return;
      e.preventDefault();
      this.sendTyped();
    });
    this.field.addEventListener('input', () => this.grow());
    for (const bar of [this.choices, this.words]) toolbar(bar);
    new ResizeObserver(() => { if (this.following !== false) this.toEnd(); }).observe(this.chat);
    this.chat.addEventListener('scroll', () => { this.following = this.atEnd(); }, { passive: true });
  }

  grow() {
    this.field.style.height = '';
    this.field.style.height = Math.min(this.field.scrollHeight + 2, 116) + 'px';
  }

  atEnd() {
    return this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 48;
  }

  toEnd(smooth) {
    this.chat.scrollTo({ top: this.chat.scrollHeight, behavior: smooth ? 'smooth' : 'instant' });
    this.fresh.hidden = true;
  }

  async addFriend() {
    this.meeting = await post('friend', { phone: this.key }); // the field is ready once the friendship shows
  }

  async sendTyped() {
    const text = this.field.value;
    if (!text.trim() || !this.friend) return;
    this.field.value = '';
    this.grow();
    if (!await this.say(text) && !this.field.value) {
      this.field.value = text;
      this.grow();
    }
  }

  async say(text) {
    this.typing(true);
    const sent = await post('say', { phone: this.key, text });
    if (!sent) this.typing(false);
    return sent;
  }

  // typing shows that an answer is on its way, for as long as one may take.
  typing(on) {
    clearTimeout(this.typingTimer);
    this.isTyping = on;
    if (on) this.typingTimer = setTimeout(() => this.typing(false), 8000);
    this.drawTitle();
  }

  drawTitle() {
    setText(this.title, this.isTyping ? '对方正在输入…' : this.account || '');
  }

  watched() {
    const beside = getComputedStyle(this.tab.parentElement).display === 'none';
    return beside ? this.root.matches(':hover, :focus-within') : active === this;
  }

  read() {
    this.unread = 0;
    this.drawBadge();
  }

  drawBadge() {
    const text = this.unread > 99 ? '99+' : String(this.unread);
    for (const badge of [this.badge, this.tabBadge]) {
      badge.hidden = this.unread === 0;
      setText(badge, text);
      badge.setAttribute('aria-label', `${text}条未读`);
    }
  }

  draw(phone, account) {
    const person = phone.person;
    const another = this.person !== person.id;
    if (another) {
      this.person = person.id;
      this.messages.clear();
      this.lines.replaceChildren();
      this.lastAt = 0;
      this.read();
      this.typing(false);
    }
    this.account = account;
    this.friend = phone.friend;
    this.hint = phone.hint;
    this.holder = person;
    drawAvatar(this.avatar, person);
    setText(this.name, person.name);
    setText(this.role, phone.title);
    setText(this.where, person.where);
    this.where.title = person.where;
    setText(this.tabName, phone.title);
    this.root.setAttribute('aria-label', `${phone.title}${person.name}的手机`);
    this.chat.setAttribute('aria-label', `${person.name}与${account}的聊天`);
    this.field.setAttribute('aria-label', `以${person.name}的身份发消息`);
    this.field.placeholder = !phone.friend ? '添加到通讯录后就能聊天' : phone.hint ? `试试：${phone.hint.send}` : '';
    this.meet.hidden = phone.friend;
    setText(this.meet.querySelector('strong'), account);
    this.form.classList.toggle('off', !phone.friend);
    this.field.disabled = !phone.friend;
    if (this.meeting && phone.friend) {
      this.meeting = false;
      this.field.focus({ preventScroll: true });
    }
    this.drawQuick(phone);
    this.drawTitle();
    this.drawMessages(list(phone.messages), another);
  }

  drawQuick(phone) {
    const chips = phone.friend ? list(phone.chips).map((c) => ({ ...c })) : [];
    if (phone.friend && phone.hint) chips.unshift({ label: phone.hint.text || phone.hint.send, text: phone.hint.send, hint: true });
    const words = phone.friend ? list(phone.words).map((w) => ({ label: w, text: w })) : [];
    for (const [bar, items] of [[this.choices, chips], [this.words, words]]) {
      const state = JSON.stringify(items);
      if (bar.state === state) continue;
      bar.state = state;
      const focused = bar.contains(document.activeElement);
      bar.replaceChildren(...items.map((item, i) => {
        const button = el('button', item.hint ? 'hint' : '', item.label);
        button.type = 'button';
        button.tabIndex = i === 0 ? 0 : -1;
        button.title = item.label;
        button.addEventListener('click', () => this.say(item.text));
        return button;
      }));
      bar.scrollLeft = 0;
      if (focused) (bar.firstElementChild || this.field).focus({ preventScroll: true });
    }
    this.choices.hidden = chips.length === 0;
  }

  drawMessages(messages, another) {
    const follow = another || this.atEnd();
    let mine = false;
    let theirs = 0;
    for (const m of messages) {
      if (this.messages.has(m.id)) continue;
      const at = wall(m.at).getTime();
      if (!this.lastAt || at - this.lastAt > 5 * 60000) {
        const mark = el('li', 'at');
        mark.dataset.at = m.at;
        this.lines.append(mark);
      }
      this.lastAt = at;
      const line = this.line(m);
      if (!another) line.classList.add('new');
      this.messages.set(m.id, line);
      this.lines.append(line);
      if (m.mine) mine = true;
      else if (!m.grey) theirs++;
    }
    for (const mark of this.lines.querySelectorAll('.at')) setText(mark, when(mark.dataset.at));
    if (theirs) this.typing(false);
    if (!another && theirs) this.arrived(theirs);
    if (mine || follow) this.toEnd();
    else if (theirs) this.fresh.hidden = false;
  }

  line(m) {
    if (m.grey) return el('li', 'grey', m.text);
    const face = el(m.mine ? 'span' : 'img', 'avatar');
    if (m.mine) {
      drawAvatar(face, this.holder);
    } else {
      face.src = 'icon.svg';
      face.alt = '';
    }
    face.setAttribute('aria-hidden', 'true');
    const who = el('span', 'sr', (m.mine ? this.holder.name : this.account) + '：');
    return el('li', m.mine ? 'mine' : '', face, m.file ? this.fileLine(m, who) : el('div', 'bubble', who, ...(m.mine ? [m.text] : linked(m.text))));
  }

  // fileLine is a picture one can open, or a document one can take.
  fileLine(m, who) {
    const link = el('a', m.show ? 'picture' : 'bubble document', who);
    link.href = `file/${this.key}/${encodeURIComponent(m.id)}`;
    if (!m.show) {
      link.download = m.file;
      link.append(m.file);
      return link;
    }
    link.target = '_blank';
    const picture = el('img');
    picture.alt = m.file;
    picture.src = link.href;
    link.append(picture);
    return link;
  }

  arrived(count) {
    if (this.watched()) return;
    this.unread += count;
    this.drawBadge();
    this.phone.classList.remove('ring');
    void this.phone.offsetWidth; // restart the animation
    this.phone.classList.add('ring');
  }
}

// toolbar lets a row of buttons be one tab stop with arrow keys inside, and the wheel scroll it sideways.
function toolbar(bar) {
  bar.addEventListener('keydown', (e) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    const buttons = [...bar.children];
    const at = buttons.indexOf(document.activeElement);
    if (!(e.key in steps) || at < 0) return;
    e.preventDefault();
    const to = buttons[(at + steps[e.key] + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === to ? 0 : -1;
    to.focus();
  });
  bar.addEventListener('wheel', (e) => {
    if (e.deltaX || bar.scrollWidth <= bar.clientWidth) return;
    e.preventDefault();
    bar.scrollLeft += e.deltaY;
  }, { passive: false });
}

const units = new Map(['member', 'secretary', 'committee'].map((key) => [key, new Unit(key)]));
let active = units.get('member');

function setActive(unit) {
  active = unit;
  for (const u of units.values()) u.tab.setAttribute('aria-current', String(u === unit));
  unit.read();
}

function showPhone(unit) {
  $('phones').scrollTo({ left: unit.root.offsetLeft - units.get('member').root.offsetLeft, behavior: 'smooth' });
  setActive(unit);
}

function setUpPhones() {
  for (const unit of units.values()) {
    $('phones').append(unit.root);
    $('tabs').append(unit.tab);
  }
  setActive(active);
  $('phones').addEventListener('scrollend', () => {
    const left = $('phones').getBoundingClientRect().left;
    const distance = (u) => Math.abs(u.root.getBoundingClientRect().left - left);
    const all = [...units.values()];
    const end = $('phones').scrollLeft + $('phones').clientWidth >= $('phones').scrollWidth - 2;
    const nearest = all.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    // At the far end two phones may stand side by side: a tab that was chosen stays chosen.
    if (!(end && all.indexOf(active) > all.indexOf(nearest))) setActive(nearest);
  });
}

// ---- Who holds the member phone

function openPeople() {
  $('people-find').value = '';
  drawPeople();
  $('people').showModal();
  const current = $('people-list').querySelector('[aria-current="true"]');
  if (current) current.scrollIntoView({ block: 'center' });
}

function drawPeople() {
  const wanted = $('people-find').value.trim().toLowerCase().split(/\s+/);
  const fits = (p) => wanted.every((w) => `${p.name} ${p.no} ${p.where} ${p.state}`.toLowerCase().includes(w));
  const holder = units.get('member').person;
  $('people-list').replaceChildren(...list(shown && shown.people).filter(fits).map((p) => {
    const avatar = el('span', 'avatar');
    drawAvatar(avatar, p);
    const who = el('span', '', el('strong', '', p.name), el('small', '', `${p.no} · ${p.where}`));
    const button = el('button', '', avatar, who, el('span', p.open ? 'pill' : 'pill good', p.state));
    button.type = 'button';
    if (p.id === holder) button.setAttribute('aria-current', 'true');
    button.addEventListener('click', async () => {
      $('people').close();
      if (p.id !== holder) await post('switch', { person: p.id });
    });
    return el('li', '', button);
  }));
}

// ---- Guide

function drawGuide(s) {
  const steps = [['step-bound', s.done.bound], ['step-declared', s.done.declared], ['step-reminded', s.done.reminded]];
  const current = steps.findIndex(([, done]) => !done);
  steps.forEach(([id, done], i) => {
    $(id).classList.toggle('done', done);
    $(id).classList.toggle('now', i === current);
    if (i === current) $(id).setAttribute('aria-current', 'step');
    else $(id).removeAttribute('aria-current');
  });
  const member = units.get('member');
  const line = `${member.holder.no} ${member.holder.name}`;
  setText($('bind-line'), line);
  setText($('step-bound-text'), member.friend ? '在“毕业生”手机里发送学号和姓名：' : '先在“毕业生”手机里点“添加到通讯录”，再发送：');
  setText($('bind'), member.friend ? '替我发送' : '替我添加');
  setText($('declare').firstElementChild, s.done.bound && !s.done.declared && member.hint ? `替我发送：${member.hint.send}` : '去聊天');
}

async function bind() {
  const member = units.get('member');
  showPhone(member);
  if (!member.friend) await post('friend', { phone: 'member' });
  else await member.say($('bind-line').textContent);
}

async function declare() {
  const member = units.get('member');
  showPhone(member);
  if (shown.done.bound && !shown.done.declared && member.hint) await member.say(member.hint.send);
  else member.field.focus();
}

async function copy() {
  const line = $('bind-line').textContent;
  try {
    await navigator.clipboard.writeText(line);
    toast(`已复制：${line}`);
  } catch {
    getSelection().selectAllChildren($('bind-line')); // no clipboard outside a secure address: leave it selected
    toast('已选中，请按 Ctrl+C 复制。');
  }
}

// ---- What is stored, due, sent and planned

const pill = (className, text) => el('span', ('pill ' + className).trim(), text);

function drawCells(row, ...cells) {
  const state = JSON.stringify(cells.map((c) => c.map((x) => (x instanceof Node ? x.className + x.textContent : x))));
  if (row.state === state) return;
  if (row.state) {
    row.classList.remove('new');
    void row.offsetWidth; // restart the animation
    row.classList.add('new');
  }
  row.state = state;
  row.replaceChildren(...cells.map((content) => el('td', '', ...content)));
}

function daysLeft(d) {
  if (d.days < 0) return pill('late', `已过${-d.days}天`);
  if (d.days === 0) return pill('late', '今天截止');
  return pill(d.days <= 7 ? 'warn' : '', `还有${d.days}天`);
}

function drawLive(s) {
  const colleges = list(s.colleges);
  const sum = (field) => colleges.reduce((n, c) => n + c[field], 0);
  setText($('members-count'), colleges.length ? `共${sum('total')}人，已登记${sum('declared')}人` : '');

  keyed($('members'), list(s.members), (m) => m.id, () => el('tr'), (row, m) => drawCells(row,
    [m.name, el('small', '', m.branch)],
    [m.destination, el('small', '', m.goes)],
    [pill(m.settled ? 'good' : '', m.state)]));

  keyed($('duties'), list(s.duties), (d) => `${d.name}|${d.whom}|${d.due}`, () => el('tr'), (row, d) => drawCells(row,
    [d.name, el('small', '', d.count > 1 ? `${d.whom} · ${d.count}人` : d.whom)],
    [monthDay(wall(d.due + 'T00:00:00')), ' ', daysLeft(d)],
    [el('small', '', d.next ? when(d.next) : '—')]));

  keyed($('colleges'), colleges, (c) => c.name, (c) => {
    const meter = (name) => el('div', 'meter', el('span', '', name), el('i'), el('b'));
    return el('li', '', el('strong', '', c.name), meter('登记'), meter('发起'));
  }, (node, c) => {
    const [, declared, initiated] = node.children;
    drawMeter(declared, c.declared, c.total);
    drawMeter(initiated, c.initiated, c.must);
  });

  keyed($('destinations'), list(s.destinations), (d) => d.name, () => el('li', '', el('span'), el('b')), (node, d) => {
    setText(node.firstChild, d.name);
    setText(node.lastChild, String(d.count));
  });

  keyed($('next'), list(s.next), (w) => `${w.at}|${w.text}`, () => el('li', '', el('time'), el('span')), (node, w) => {
    setText(node.firstChild, when(w.at));
    setText(node.lastChild, w.text);
  });

  keyed($('sent'), list(s.sent), (m) => m.id, () => el('li', '',
    el('p', '', el('strong'), el('span', 'pill'), el('time')), el('p')), (node, m) => {
    const [to, kind, time] = node.firstChild.children;
    setText(to, m.to);
    setText(kind, m.kind);
    kind.className = m.kind === '回复' ? 'pill' : 'pill warn';
    setText(time, when(m.at));
    setText(node.lastChild, m.text);
  });
}

function drawMeter(node, part, whole) {
  node.querySelector('i').style.setProperty('--part', whole ? part / whole : 0);
  setText(node.lastChild, `${part} / ${whole}`);
}

// drawLog groups what happened by day.
function drawLog(s) {
  const days = [];
  for (const h of list(s.log)) {
    const day = h.at.slice(0, 10);
    if (!days.length || days.at(-1).day !== day) days.push({ day, lines: [] });
    days.at(-1).lines.push(h);
  }
  keyed($('log'), days, (d) => d.day, (d) => {
    const date = wall(d.day + 'T00:00:00');
    return el('li', '', el('h3', '', `${monthDay(date)} ${weekdays[date.getUTCDay()]}`), el('ol'));
  }, (node, d) => keyed(node.lastChild, d.lines, (h) => h.id,
    (h) => el('li', h.major ? 'major' : '', el('time', '', h.at.slice(11, 16)), el('span', '', h.text)), () => {}));
}

function drawMoves(s) {
  const moving = Boolean(s.moving);
  document.body.classList.toggle('moving', moving);
  for (const button of document.querySelectorAll('[data-move], #jump button')) button.setAttribute('aria-disabled', String(moving));
  const latest = list(s.log)[0];
  setText($('ticker'), moving ? s.moving.text : latest ? latest.text : '时间就从这里开始。');
  const today = present();
  $('jump-date').min = new Date(today.getTime() + dayLength).toISOString().slice(0, 10);
  $('jump-date').max = s.closes;
}

// ---- All of it

let shown = null;

function draw(s) {
  shown = s;
  now = { base: wall(s.now).getTime(), since: performance.now(), ticking: !s.moving };
  setText($('title'), s.title);
  for (const phone of list(s.phones)) units.get(phone.key).draw(phone, s.account);
  drawClock();
  drawMoves(s);
  drawGuide(s);
  drawLive(s);
  drawLog(s);
  document.body.dataset.ready = 'true';
}

function setLink(state, text) {
  $('link').dataset.state = state;
  setText($('link'), text);
}

function listen() {
  const events = new EventSource('events');
  events.onopen = () => setLink('on', '已连接');
  events.onerror = () => setLink('off', '连接断开，正在重连');
  events.onmessage = (e) => draw(JSON.parse(e.data));
}

setUpPhones();
for (const button of document.querySelectorAll('[data-move]')) button.addEventListener('click', () => move(button.dataset.move));
$('jump').addEventListener('submit', (e) => {
  e.preventDefault();
  move($('jump-date').value);
});
$('bind').addEventListener('click', bind);
$('copy').addEventListener('click', copy);
$('declare').addEventListener('click', declare);
$('people-find').addEventListener('input', drawPeople);
$('people').addEventListener('click', (e) => { if (e.target === $('people')) $('people').close(); });
setInterval(() => { if (shown) drawClock(); }, 1000);
listen();
