"""Tables of service points: where they are, when they are open, their rooms, and who has booked one."""

from django.db import models
from django.db.models import F, Q


class ServicePoint(models.Model):
    """A place where the district serves people 服务阵地: a party-mass centre, a convenience window, a mediation room …"""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    code = models.CharField("编码 code", max_length=32, unique=True)
    name = models.CharField("名称 name", max_length=60)
    name_en = models.CharField("英文名称 English name", max_length=80, blank=True)
    kind = models.CharField("类别 kind", max_length=16)
    place_code = models.CharField("地方代码 place", max_length=12)
    address = models.CharField("地址 address", max_length=120, blank=True)
    lon = models.FloatField("经度 longitude", null=True)
    lat = models.FloatField("纬度 latitude", null=True)
    phone = models.CharField("办公电话 phone of the office", max_length=32, blank=True)
    accessible = models.BooleanField("无障碍 accessible")
    organisation_code = models.CharField("运行机构 organisation", max_length=32)
    valid_from = models.DateField("启用日 valid from")
    valid_to = models.DateField("停用日 valid to", null=True)

    class Meta:
        verbose_name = "服务阵地 service point"
        indexes = [models.Index(fields=["place_code"], name="point_by_place")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class OpeningHours(models.Model):
    """When a point is open 开放时间: on a weekday (0 is Monday), or otherwise on one single day. No span: closed."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    point = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", verbose_name="服务阵地 point")
    weekday = models.SmallIntegerField("星期 weekday", null=True)
    day = models.DateField("日期 day", null=True)
    spans = models.JSONField("时段 spans", default=list)

    class Meta:
        verbose_name = "开放时间 opening hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday=None, day__isnull=False) | Q(day=None, weekday__gte=0, weekday__lte=6),
                name="hours_of_a_weekday_or_a_day",
            ),
            models.UniqueConstraint(fields=["point", "weekday"], name="one_line_per_weekday"),
            models.UniqueConstraint(fields=["point", "day"], name="one_line_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday if self.day is None else self.day}: {self.spans}"


class Room(models.Model):
    """A room in a service point that can be booked 场室."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    point = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", verbose_name="服务阵地 point")
    name = models.CharField("名称 name", max_length=40)
    seats = models.PositiveSmallIntegerField("座位 seats")
    equipment = models.CharField("设备 equipment", max_length=120, blank=True)
    booked_by = models.CharField("谁可预订 who may book", max_length=12)

    class Meta:
        verbose_name = "场室 room"
        constraints = [
            models.UniqueConstraint(fields=["point", "name"], name="one_room_per_name"),
            models.CheckConstraint(condition=Q(booked_by__in=["own", "staff"]), name="who_may_book_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Booking(models.Model):
    """A room for a time 预订: for what is a code, for whom an organisation. Nobody's name, no words."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    room = models.ForeignKey(Room, models.PROTECT, related_name="+", verbose_name="场室 room")
    starts = models.DateTimeField("开始 starts")
    ends = models.DateTimeField("结束 ends")
    purpose = models.CharField("用途 purpose", max_length=16)
    organisation_code = models.CharField("预订机构 organisation", max_length=32)
    account_id = models.UUIDField("预订人账号 account", null=True)
    booked_at = models.DateTimeField("预订时间 booked at")
    cancelled_at = models.DateTimeField("取消时间 cancelled at", null=True)

    class Meta:
        verbose_name = "预订 booking"
        constraints = [models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="booking_ends_after_start")]
        indexes = [models.Index(fields=["room", "ends"], name="booking_by_room_end")]

    def __str__(self) -> str:
        return f"{self.starts:%Y-%m-%d %H:%M}"
