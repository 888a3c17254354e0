using Consort.Foundation.Numbers;
using Consort.Studies.Promoting;

namespace Consort.Experiments.Tests.Promoting;

public sealed class ClickRatioTests
{
    [Fact]
    public void Of_TwoRows_IsSumOverSum()
    {
        var ratio = ClickRatio.Of([0.5, 0.25, 0.75], [1, 0, 1], null, [])!;
        Assert.Equal(0.75, ratio.Value, 1e-12);
        Assert.Equal(1, Math.Sqrt(ratio.Low * ratio.High) / ratio.Value, 1e-12);
        Assert.Null(ClickRatio.Of([0.5, 0.25], [0, 0], null, []));
    }

    // Users whose clicks come together: rows taken as independent say more than they know.
    [Theory]
    [InlineData(1, true, 0.92, 0.98)]
    [InlineData(20, true, 0.91, 0.98)]
    [InlineData(20, false, 0.0, 0.85)]
    public void Of_CalibratedRows_HoldsOneAsOftenAsItSays(int rowsOfAUser, bool isClustered, double least, double most)
    {
        const int Draws = 1000, Users = 150;
        var holds = 0;
        for (ulong draw = 0; draw < Draws; draw++)
        {
            var random = new CounterRandom(draw, "users");
            var (p, y, users) = (new List<double>(), new List<float>(), new List<int>());
            for (var user = 0; user < Users; user++)
            {
                var rate = 0.1 + (0.4 * random.Uniform((ulong)(2 * user)));
                // All rows of a user are clicked or none is.
                var clicks = random.Uniform((ulong)((2 * user) + 1)) < rate ? 1f : 0f;
                for (var row = 0; row < rowsOfAUser; row++)
                {
                    p.Add(rate);
                    y.Add(clicks);
                    users.Add(user);
                }
            }

            var ratio = ClickRatio.Of([.. p], [.. y], isClustered ? users : null, [])!;
            holds += ratio.Low <= 1 && 1 <= ratio.High ? 1 : 0;
        }

        Assert.InRange(holds / (double)Draws, least, most);
    }
}
