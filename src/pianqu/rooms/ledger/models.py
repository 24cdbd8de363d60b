"""Tables of the ledger. Entry, Position and Erasure are insert-only by triggers; see sql.py."""

from django.db import models


class Entry(models.Model):
    """One recorded fact 条目: the leaf that goes into the log, and what is needed to find it again."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    kind = models.CharField("种类 kind", max_length=64)
    organisation_code = models.CharField("机构代码 organisation", max_length=32)
    counter = models.PositiveBigIntegerField("机构内序号 counter")
    subject = models.CharField("对象 subject", max_length=80)
    leaf = models.BinaryField("叶 leaf", max_length=260)
    recorded_at = models.DateTimeField("记录时间 recorded at")

    class Meta:
        verbose_name = "条目 entry"
        constraints = [
            models.UniqueConstraint(fields=["organisation_code", "counter"], name="entry_chain_without_gaps")
        ]
        indexes = [models.Index(fields=["subject"], name="entry_by_subject")]

    def __str__(self) -> str:
        return f"{self.organisation_code}#{self.counter} {self.kind}"


class Secret(models.Model):
    """Payload and salt behind an entry's commitment 内容与盐. Deletable by the erase verb only."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="+")
    payload = models.BinaryField("内容 payload")
    salt = models.BinaryField("盐 salt", max_length=32)

    class Meta:
        verbose_name = "内容 secret"

    def __str__(self) -> str:
        return f"secret of {self.entry_id}"


class Erasure(models.Model):
    """The permission, itself recorded, to destroy one entry's secret 抹除."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="+")
    erased_by = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "抹除 erasure"

    def __str__(self) -> str:
        return f"erasure of {self.entry_id}"


class Chain(models.Model):
    """Last counter and leaf hash of an organisation 机构链头: locked last in every recording transaction."""

    derived = True

    organisation_code = models.CharField("机构代码 organisation", max_length=32, primary_key=True)
    counter = models.PositiveBigIntegerField("机构内序号 counter", default=0)
    leaf_hash = models.BinaryField("末叶哈希 leaf hash", max_length=32, default=b"")

    class Meta:
        verbose_name = "机构链 chain"

    def __str__(self) -> str:
        return f"{self.organisation_code}#{self.counter}"


class Unsealed(models.Model):
    """Entries that wait for a position 待封存. Ids within one organisation grow with its counter."""

    derived = True

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    """Queued by what inserts the entry, in the same transaction. Neither index nor constraint: they would double the time that
    recording takes, and a position refuses what is no entry, and an entry a second position."""

    class Meta:
        verbose_name = "待封存 unsealed"

    def __str__(self) -> str:
        return f"unsealed {self.entry_id}"


class Position(models.Model):
    """The place of an entry in the log 位置, in the order in which commits became visible."""

    derived = True

    position = models.PositiveBigIntegerField("位置 position", primary_key=True)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "位置 position"

    def __str__(self) -> str:
        return str(self.position)


class Tile(models.Model):
    """256 hashes of one level of the tree 树片 (C2SP tlog-tiles), the last of a level still growing. Rebuildable."""

    derived = True

    level = models.PositiveSmallIntegerField("层 level")
    index = models.PositiveBigIntegerField("序 index")
    hashes = models.BinaryField("哈希 hashes", max_length=8192)

    class Meta:
        verbose_name = "树片 tile"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_tile_per_place")]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed size and root of the log 存证根."""

    derived = True

    size = models.PositiveBigIntegerField("条数 size", primary_key=True)
    root = models.BinaryField("根 root", max_length=32)
    note = models.TextField("签名文本 signed note")
    sealed_at = models.DateTimeField("封存时间 sealed at")
    asked_at = models.DateTimeField("问毕时间 asked at", null=True)
    """When the witnesses had been asked, whatever they answered: from then on outsiders are shown it."""
    witnessed_at = models.DateTimeField("见证时间 witnessed at", null=True)
    policy = models.ForeignKey(
        "ledger.Policy", models.PROTECT, null=True, related_name="+", verbose_name="见证规则 policy"
    )
    """The policy whose quorum was reached."""

    class Meta:
        verbose_name = "存证根 checkpoint"
        indexes = [
            models.Index(fields=["size"], name="checkpoint_asked", condition=models.Q(asked_at__isnull=False)),
            models.Index(
                fields=["policy", "size"], name="checkpoint_witnessed", condition=models.Q(witnessed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class Log(models.Model):
    """The log's name and first public key, fixed when it is created 账本身份. There is one row."""

    derived = True

    origin = models.CharField("来源名 origin", max_length=200)
    vkey = models.CharField("公钥 verifier key", max_length=300)
    created_at = models.DateTimeField("建立时间 created at")

    class Meta:
        verbose_name = "账本 log"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_log")]

    def __str__(self) -> str:
        return self.origin


class LogKey(models.Model):
    """A public key of the log 账本公钥, and the time in which it signs. While one takes over from another both sign."""

    derived = True

    log = models.ForeignKey(Log, models.PROTECT, related_name="+", verbose_name="账本 log")
    number = models.PositiveIntegerField("序号 number", primary_key=True)
    vkey = models.CharField("公钥 verifier key", max_length=300, unique=True)
    from_at = models.DateTimeField("启用时间 from")
    until_at = models.DateTimeField("停用时间 until", null=True)
    """From then on it signs no more; the newest key has no such time."""

    class Meta:
        verbose_name = "账本公钥 log key"

    def __str__(self) -> str:
        return f"key {self.number}"


class Twin(models.Model):
    """The twin of the log by the national standards 国密账: its name, its keys, what the log was told of it. There is one row."""

    derived = True

    origin = models.CharField("账本来源名 log's origin", max_length=200)
    vkeys = models.JSONField("公钥 verifier keys")
    """All that it ever had under this name; the newest signs."""
    key_number = models.PositiveIntegerField("密钥序号 key number")
    """Of the newest, by which its file is called."""
    stated_size = models.PositiveBigIntegerField("已入账条数 stated size", default=0)
    stated_vkey = models.CharField("已入账公钥 stated key", max_length=400, default="")
    stated_at = models.DateTimeField("入账时间 stated at", null=True)
    """When the log itself was last told the twin's root, and of which size and key."""

    class Meta:
        verbose_name = "国密账 twin"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_twin")]

    def __str__(self) -> str:
        return f"twin of {self.origin}"


class TwinTile(models.Model):
    """256 hashes by SM3 of one level of the twin's tree 国密树片. Rebuildable."""

    derived = True

    level = models.PositiveSmallIntegerField("层 level")
    index = models.PositiveBigIntegerField("序 index")
    hashes = models.BinaryField("哈希 hashes", max_length=8192)

    class Meta:
        verbose_name = "国密树片 twin tile"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_twin_tile_per_place")]

    def __str__(self) -> str:
        return f"twin tile {self.level}/{self.index}"


class TwinCheckpoint(models.Model):
    """A size and root of the twin, signed with SM2, beside the log's checkpoint of the same size 国密存证根."""

    derived = True

    size = models.PositiveBigIntegerField("条数 size", primary_key=True)
    root = models.BinaryField("根 root", max_length=32)
    note = models.TextField("签名文本 signed note")
    made_at = models.DateTimeField("生成时间 made at")

    class Meta:
        verbose_name = "国密存证根 twin checkpoint"

    def __str__(self) -> str:
        return f"twin checkpoint {self.size}"


class EndedLog(models.Model):
    """A log that a person declared dead 已终止的账本, and where it went on. Its receipts still verify with these keys."""

    number = models.PositiveIntegerField("序号 number", primary_key=True)
    origin = models.CharField("来源名 origin", max_length=200, unique=True)
    vkeys = models.JSONField("公钥 verifier keys")
    size = models.PositiveBigIntegerField("已公布条数 published size")
    held = models.PositiveBigIntegerField("在库条数 held")
    """Entries that the database still had."""
    text = models.TextField("最后签名文本 last signed note")
    reason = models.CharField("原因 reason", max_length=500)
    went_on_as = models.CharField("后继来源名 went on as", max_length=200)
    ended_at = models.DateTimeField("终止时间 ended at")

    class Meta:
        verbose_name = "已终止的账本 ended log"

    def __str__(self) -> str:
        return self.origin


class Policy(models.Model):
    """Who has to have witnessed what the log shows 见证规则 (C2SP tlog-policy). The newest is in force; none is changed."""

    text = models.TextField("文本 text")
    adopted_at = models.DateTimeField("启用时间 adopted at")

    class Meta:
        verbose_name = "见证规则 policy"

    def __str__(self) -> str:
        return f"policy {self.pk}"


WITNESS_KEY, WITNESS_LINE = 2_000, 4_000
"""Letters of the longest key and line of a witness (ML-DSA-44)."""


class Witness(models.Model):
    """How far a witness has come 见证方进度, and what keeps it."""

    delivery = True

    vkey = models.CharField("公钥 verifier key", max_length=WITNESS_KEY, primary_key=True)
    size = models.PositiveBigIntegerField("已见证条数 size", default=0)
    stated_at = models.DateTimeField("对方签署时间 stated at", null=True)
    """The time that it stated last, by its own clock."""
    heard_at = models.DateTimeField("收到时间 heard at", null=True)
    trouble = models.CharField("问题 trouble", max_length=20, default="")
    """One of TROUBLES; empty where it cosigned when it was asked last. With `clock` it cosigned too."""
    detail = models.CharField("详情 detail", max_length=200, default="")
    trouble_at = models.DateTimeField("问题开始 trouble at", null=True)

    TROUBLES = (
        "unreachable",
        "unclear",
        "unknown",
        "refused",
        "forked",
        "ahead",
        "unsigned",
        "clock",
        "silent",
        "stopped",
    )

    class Meta:
        verbose_name = "见证方 witness"

    def __str__(self) -> str:
        return self.vkey.partition("+")[0]


class Cosignature(models.Model):
    """A witness's line under a checkpoint 见证签名, the one with its latest time."""

    delivery = True

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="+", verbose_name="存证根 checkpoint")
    vkey = models.CharField("公钥 verifier key", max_length=WITNESS_KEY)
    line = models.CharField("签名行 line", max_length=WITNESS_LINE)
    stated_at = models.DateTimeField("签署时间 stated at")

    class Meta:
        verbose_name = "见证签名 cosignature"
        constraints = [models.UniqueConstraint(fields=["checkpoint", "vkey"], name="one_line_a_witness")]

    def __str__(self) -> str:
        return f"{self.vkey.partition('+')[0]} on {self.checkpoint_id}"


class Mirror(models.Model):
    """Somebody who keeps a full copy of the log 镜像. Named by a verb; how far it has come stands in Witness."""

    name = models.CharField("名称 name", max_length=80)
    vkey = models.CharField("公钥 verifier key", max_length=WITNESS_KEY, unique=True)
    url = models.CharField("地址 address", max_length=300)
    since = models.DateTimeField("启用时间 since")

    class Meta:
        verbose_name = "镜像 mirror"

    def __str__(self) -> str:
        return self.name


class Fork(models.Model):
    """Two checkpoints with this log's signature that cannot both be true 分叉证据. Nobody takes it back."""

    digest = models.BinaryField("摘要 digest", max_length=32, unique=True)
    size = models.PositiveBigIntegerField("条数 size")
    ours = models.TextField("本账本的签名文本 ours")
    theirs = models.TextField("另一份签名文本 theirs")
    shown_by = models.CharField("出示方 shown by", max_length=80)
    found_at = models.DateTimeField("发现时间 found at")

    class Meta:
        verbose_name = "分叉证据 fork"

    def __str__(self) -> str:
        return f"fork at {self.size}"


class Watch(models.Model):
    """How far the monitor has read the log again, and what it found wrong 自查进度. There is one row."""

    derived = True

    replayed = models.PositiveBigIntegerField("已复核条数 replayed", default=0)
    root = models.BinaryField("根 root", max_length=32, default=b"")
    looked_at = models.DateTimeField("复核时间 looked at", null=True)
    whole_at = models.DateTimeField("全量复核时间 whole at", null=True)
    wrong = models.JSONField("问题 wrong", default=list)

    class Meta:
        verbose_name = "自查进度 watch"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_watch")]

    def __str__(self) -> str:
        return f"replayed {self.replayed}"


class WatchedChain(models.Model):
    """The end of an organisation's chain as far as the monitor has read it 已复核的机构链头."""

    derived = True

    organisation_code = models.CharField("机构代码 organisation", max_length=32, primary_key=True)
    counter = models.PositiveBigIntegerField("机构内序号 counter")
    leaf_hash = models.BinaryField("末叶哈希 leaf hash", max_length=32)
    last_day = models.DateField("最近记录日 last day")

    class Meta:
        verbose_name = "已复核的机构链头 watched chain"

    def __str__(self) -> str:
        return f"{self.organisation_code}#{self.counter}"


class Cursor(models.Model):
    """How many positions a reader has heard 读者进度."""

    delivery = True

    reader = models.CharField("读者 reader", max_length=64, primary_key=True)
    heard = models.PositiveBigIntegerField("已读条数 heard", default=0)
    passed_over = models.PositiveBigIntegerField("跳过条数 passed over", default=0)
    """Facts that it could make nothing of, since it began or was replayed."""

    class Meta:
        verbose_name = "读者进度 cursor"

    def __str__(self) -> str:
        return f"{self.reader} {self.heard}"


class Anchor(models.Model):
    """A timestamp authority's token over a checkpoint as it was shown 时间锚 (RFC 3161)."""

    delivery = True

    size = models.PositiveBigIntegerField("条数 size", primary_key=True)
    text = models.TextField("签名文本 signed note")
    """What the token is about, to the byte: with the cosignatures that stood under it then."""
    digest = models.BinaryField("摘要 digest", max_length=32)
    token = models.BinaryField("时间戳 token", max_length=65_536)
    """The authority's whole answer, as it came."""
    stamped_at = models.DateTimeField("盖戳时间 stamped at")
    """By the authority's clock."""
    authority = models.CharField("时间戳服务 authority", max_length=200)
    kept_at = models.DateTimeField("收到时间 kept at")

    class Meta:
        verbose_name = "时间锚 anchor"

    def __str__(self) -> str:
        return f"anchor of {self.size}"


class Authority(models.Model):
    """A timestamp authority that is asked 时间戳服务, and what keeps it."""

    delivery = True

    url = models.CharField("地址 address", max_length=500, primary_key=True)
    trouble = models.CharField("问题 trouble", max_length=20, default="")
    """One of TROUBLES; empty where it answered when it was asked last."""
    detail = models.CharField("详情 detail", max_length=200, default="")
    trouble_at = models.DateTimeField("问题开始 trouble at", null=True)

    TROUBLES = ("unreachable", "unclear", "refused", "unproven", "roots", "clock")

    class Meta:
        verbose_name = "时间戳服务 timestamp authority"

    def __str__(self) -> str:
        return self.url


class EvmAnchor(models.Model):
    """A transaction by which a chain with an Ethereum interface holds what the ledger was 链上锚. Kept before it is sent."""

    delivery = True

    hash = models.CharField("交易哈希 transaction hash", max_length=66, primary_key=True)
    raw = models.BinaryField("已签名交易 signed transaction", max_length=4_096)
    """As it is sent, however often: a chain takes the same bytes once."""
    chain_id = models.PositiveBigIntegerField("链号 chain id")
    genesis = models.CharField("创世块 genesis block", max_length=66)
    """Numbers of chains are no names: two may have the same. This tells them apart."""
    sender = models.CharField("账户 account", max_length=42)
    nonce = models.PositiveBigIntegerField("账户内序号 nonce")
    attempt = models.PositiveIntegerField("第几次 attempt", default=0)
    """Several transactions with one number are for one place: a chain takes one of them."""
    size = models.PositiveBigIntegerField("条数 size")
    text = models.TextField("签名文本 signed note")
    signed_at = models.DateTimeField("签署时间 signed at")
    block = models.PositiveBigIntegerField("区块 block", null=True)
    block_hash = models.CharField("区块哈希 block hash", max_length=66, default="")
    block_at = models.DateTimeField("区块时间 block time", null=True)
    """By the clock of who made the block."""
    confirmed_at = models.DateTimeField("确认时间 confirmed at", null=True)
    """When enough blocks stood on it; from then on it is shown."""
    void_at = models.DateTimeField("作废时间 void at", null=True)
    """From then on nobody waits for it: another one took its place, or the chain refused it."""

    class Meta:
        verbose_name = "链上锚 chain anchor"
        constraints = [
            models.UniqueConstraint(fields=["genesis", "sender", "nonce", "attempt"], name="evm_anchor_one_place"),
            models.CheckConstraint(
                condition=models.Q(confirmed_at__isnull=True)
                | models.Q(block__isnull=False, block_at__isnull=False, void_at__isnull=True),
                name="evm_anchor_confirmed_in_a_block",
            ),
        ]
        indexes = [
            models.Index(fields=["size"], name="evm_anchor_confirmed", condition=models.Q(confirmed_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"chain anchor of {self.size}"


class EvmNode(models.Model):
    """A node of a chain that is asked 链节点, and what keeps it."""

    delivery = True

    place = models.CharField("节点 node", max_length=300, primary_key=True)
    """Host and port; a whole address may hold what is secret."""
    trouble = models.CharField("问题 trouble", max_length=20, default="")
    """One of TROUBLES; empty where all went well when it was asked last."""
    detail = models.CharField("详情 detail", max_length=200, default="")
    trouble_at = models.DateTimeField("问题开始 trouble at", null=True)

    TROUBLES = (
        "unreachable",
        "unclear",
        "refused",
        "chain",
        "behind",
        "key",
        "missing",
        "price",
        "gas",
        "funds",
        "displaced",
        "reverted",
        "stuck",
    )

    class Meta:
        verbose_name = "链节点 chain node"

    def __str__(self) -> str:
        return self.place
