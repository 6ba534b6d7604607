
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('broker', '0016_promise_a_digest_of_blocks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='query',
            name='state',
            field=models.CharField(choices=[('submitted', 'submitted'), ('approved', 'approved'), ('refused', 'refused')], default='submitted', max_length=12),
        ),
    ]
