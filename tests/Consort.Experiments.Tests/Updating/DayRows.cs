using System.Globalization;
using System.Text;

namespace Consort.Experiments.Tests.Updating;

/// <summary>Days whose tokens come and go: shared, crossed and listed ones among them.</summary>
internal static class DayRows
{
    public const string Schema =
        """
        delimiter: comma
        header: true
        fields:
          - { name: click, kind: label }
          - { name: user, kind: categorical }
          - { name: item, kind: categorical }
          - { name: price, kind: numeric, transform: standardise }
          - { name: last, kind: categorical, share: item }
          - { name: tags, kind: list, splitter: "^", max_len: 3 }
          - { name: user_item, kind: cross, of: [user, item] }
        """;

    // Ids 20 a day further on; a click is likely where user and item are alike; day 3 is dearer by 2.
    public static string Of(int day)
    {
        var random = new Random(day);
        var text = new StringBuilder("click,user,item,price,last,tags\n");
        for (var row = 0; row < 1500; row++)
        {
            var (user, item, last) = (random.Next(10) + (5 * day), random.Next(8) + (4 * day), random.Next(8) + (4 * day));
            var price = (random.NextDouble() * 4) + (day == 3 ? 2 : 0);
            var click = random.NextDouble() < 1 / (1 + Math.Exp(-((user % 3 == item % 3 ? 1.5 : -1) - (0.2 * price)))) ? 1 : 0;
            text.Append(CultureInfo.InvariantCulture, $"{click},u{user},i{item},{price:F3},i{last},t{random.Next(4) + day}^t{random.Next(4) + day}\n");
        }

        return text.ToString();
    }
}
