"""Tables that no room owns: sign-in accounts, idempotency keys, counted attempts."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from pianqu.foundation.ids import new_id


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts with a hashed password."""

    def create_account(self, *, login: str, password: str, name: str) -> "Account":
        account = Account(id=new_id(), login=self.model.normalize_username(login), name=name)
        account.set_password(password)
        account.save()
        return account


class Account(AbstractBaseUser):
    """A sign-in 登录账号. What its holder may do comes from posts, never from the account."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    login = models.CharField("登录名 login", max_length=64, unique=True)
    name = models.CharField("称呼 name", max_length=64)
    is_active = models.BooleanField("启用 active", default=True)
    once_until = models.DateTimeField("一次性密码有效至 one-time password until", null=True, blank=True)
    """Until when the password is one that somebody else has seen: it opens nothing but the page that asks for another."""

    objects = AccountManager()
    USERNAME_FIELD = "login"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "账号 account"

    def __str__(self) -> str:
        return self.login


class SignIn(models.Model):
    """A browser in which somebody is signed in 登录会话, so that its holder can see and end it."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    session_key = models.CharField("会话键 session key", max_length=40, unique=True)
    started_at = models.DateTimeField("登录时间 started at")
    browser = models.CharField("浏览器 browser", max_length=60, blank=True)

    class Meta:
        verbose_name = "登录会话 sign-in"

    def __str__(self) -> str:
        return f"{self.account_id} {self.started_at}"


class IdempotencyKey(models.Model):
    """A form or request that was already answered, so that a double tap makes one thing."""

    scope = models.CharField("范围 scope", max_length=64)
    key = models.CharField("键 key", max_length=64)
    fingerprint = models.CharField("内容指纹 fingerprint", max_length=64)
    answer = models.CharField("答复 answer", max_length=200)
    created_at = models.DateTimeField("时间 created at", db_index=True)

    class Meta:
        verbose_name = "幂等键 idempotency key"
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.scope}/{self.key}"


class Attempt(models.Model):
    """Wrong tries of one kind by one party (a code, an address), to lock after too many."""

    scope = models.CharField("范围 scope", max_length=32)
    party = models.CharField("对象指纹 party", max_length=64)
    tries = models.PositiveIntegerField("次数 tries", default=0)
    first_at = models.DateTimeField("首次 first at")
    locked_until = models.DateTimeField("锁定至 locked until", null=True)

    class Meta:
        verbose_name = "尝试 attempt"
        constraints = [models.UniqueConstraint(fields=["scope", "party"], name="one_count_per_party")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.tries}"


class OneTimeCode(models.Model):
    """A code on its way to somebody 验证码: receiver and code are kept as fingerprints, for ten minutes and five tries."""

    party = models.CharField("接收方指纹 party", max_length=64, primary_key=True)
    code = models.CharField("验证码指纹 code", max_length=64)
    made_at = models.DateTimeField("发出时间 made at")
    tries = models.PositiveSmallIntegerField("已试次数 tries", default=0)

    class Meta:
        verbose_name = "验证码 one-time code"

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"
