"""Guardians, proxies and next of kin become one table of links, with kind, limits and an interval; and twins."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


def begin_with_the_claim(apps, _schema_editor):
    """A guardianship of before holds from its claim."""
    apps.get_model("consent", "KinLink").objects.update(valid_from=F("claimed_at"))


KINDS = [
    ("PARENT", "a parent"),
    ("COURT", "appointed by a court"),
    ("FOSTER", "a foster parent"),
    ("NAMED", "named by the person herself, while she could"),
    ("SPOUSE", "husband or wife"),
    ("CHILD", "a son or daughter"),
    ("SIBLING", "a brother or sister"),
    ("OTHER", "another relative"),
]
STATES = [
    ("CLAIMED", "claimed"),
    ("SEEN", "seen by the first of two"),
    ("VERIFIED", "verified"),
    ("REJECTED", "rejected"),
    ("ENDED", "ended"),
]
WHY = [
    ("COURT", "a court has ended it"),
    ("DEATH", "who acted has died"),
    ("MAJORITY", "the child is of age"),
    ("LAID_DOWN", "who acted has laid it down"),
    ("RECOVERED", "the person can act herself again"),
    ("MISTAKE", "it should never have been confirmed"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0004_forms_are_drafted_approved_and_kept_with_their_words"),
    ]

    operations = [
        migrations.RemoveConstraint("guardianlink", "one_living_guardian_link"),
        migrations.RemoveConstraint("guardianlink", "guardian_verified_at_and_by"),
        migrations.RenameModel("GuardianLink", "KinLink"),
        migrations.RenameField("kinlink", "guardian", "claimant"),
        migrations.RenameField("kinlink", "child", "person"),
        migrations.AlterField(
            "kinlink",
            "person",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="kin_links",
                to="consent.participant",
            ),
        ),
        migrations.AlterField(
            "kinlink", "state", models.CharField(choices=STATES, default="CLAIMED", max_length=8)
        ),
        migrations.AddField("kinlink", "capacity", models.CharField(default="GUARDIAN", max_length=12)),
        migrations.AddField(
            "kinlink", "kind", models.CharField(choices=KINDS, default="PARENT", max_length=8)
        ),
        migrations.AddField("kinlink", "limits", models.JSONField(blank=True, default=list)),
        migrations.AddField("kinlink", "papers", models.CharField(blank=True, default="", max_length=200)),
        migrations.AddField("kinlink", "valid_from", models.DateTimeField(null=True)),
        migrations.AddField("kinlink", "valid_to", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("kinlink", "seen_by", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField(
            "kinlink",
            "ended_why",
            models.CharField(blank=True, choices=WHY, default="", max_length=10),
        ),
        migrations.RunPython(begin_with_the_claim, migrations.RunPython.noop),
        migrations.AlterField("kinlink", "valid_from", models.DateTimeField()),
        migrations.AddConstraint(
            "kinlink",
            models.UniqueConstraint(
                condition=~Q(state__in=["ENDED", "REJECTED"]),
                fields=("claimant", "person", "capacity"),
                name="one_living_kin_link",
            ),
        ),
        migrations.AddConstraint(
            "kinlink",
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, verified_by="")
                | (Q(verified_at__isnull=False) & ~Q(verified_by="")),
                name="kin_link_verified_at_and_by",
            ),
        ),
        migrations.AddConstraint(
            "kinlink",
            models.CheckConstraint(
                condition=~Q(claimant=F("verified_by")) & ~Q(claimant=F("seen_by")),
                name="kin_link_verified_by_another",
            ),
        ),
        migrations.AddConstraint(
            "kinlink",
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="kin_link_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            "kinlink",
            models.CheckConstraint(
                condition=~Q(capacity="PROXY")
                | Q(valid_to__isnull=False)
                & (~Q(state="VERIFIED") | (~Q(seen_by="") & ~Q(seen_by=F("verified_by")))),
                name="proxy_takes_two_and_ends",
            ),
        ),
        migrations.CreateModel(
            name="TwinLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("proposed_by", models.CharField(max_length=64)),
                ("proposed_at", models.DateTimeField()),
                ("confirmed_by", models.CharField(blank=True, default="", max_length=64)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("dissolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.participant",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.participant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(first__lt=F("second")), name="twins_in_order"),
                    models.CheckConstraint(
                        condition=Q(confirmed_by="", confirmed_at__isnull=True)
                        | (
                            Q(confirmed_at__isnull=False)
                            & ~Q(confirmed_by="")
                            & ~Q(confirmed_by=F("proposed_by"))
                        ),
                        name="twins_take_two",
                    ),
                    models.UniqueConstraint(
                        fields=["first"],
                        condition=Q(dissolved_at__isnull=True),
                        name="one_living_twin_first",
                    ),
                    models.UniqueConstraint(
                        fields=["second"],
                        condition=Q(dissolved_at__isnull=True),
                        name="one_living_twin_second",
                    ),
                ]
            },
        ),
    ]
