using Consort.Foundation.Options;
using Consort.Learning.Schedules;

namespace Consort.Learning.Tests.Schedules;

public sealed class ScheduleTests
{
    [Fact]
    public void Rate_Constant_NeverChanges()
    {
        var schedule = new ConstantRate(1e-3);
        schedule.Evaluated(0.5);
        schedule.Evaluated(0.4);
        Assert.Equal(1e-3, schedule.Rate(0));
        Assert.Equal(1e-3, schedule.Rate(1_000_000));
    }

    [Theory]
    [InlineData(0, 1e-2)]
    [InlineData(150, 3.16227766016838e-3)]
    [InlineData(300, 1e-3)]
    [InlineData(600, 1e-4)]
    public void Rate_ExponentialToATenthInThreeEpochs_IsThere(long step, double expected) =>
        Assert.Equal(expected, new ExponentialDecay(1e-2, new ExponentialDecayOptions(), 100).Rate(step), 15);

    [Fact]
    public void Evaluated_Plateau_ReducesUntilTheFloor()
    {
        var schedule = new ReduceOnPlateau(1e-3);
        schedule.Evaluated(0.7);
        Assert.Equal(1e-3, schedule.Rate(0));
        schedule.Evaluated(0.7 + 5e-7); // less than min delta
        Assert.Equal(1e-4, schedule.Rate(0), 15);
        schedule.Evaluated(0.71);
        Assert.Equal(1e-4, schedule.Rate(0), 15);
        schedule.Evaluated(0.70);
        schedule.Evaluated(double.NaN);
        schedule.Evaluated(0.70);
        Assert.Equal(1e-6, schedule.Rate(0), 15);
    }

    [Fact]
    public void Evaluated_RateBelowTheFloor_IsNotRaised()
    {
        var schedule = new ReduceOnPlateau(1e-8);
        schedule.Evaluated(double.NaN);
        Assert.Equal(1e-8, schedule.Rate(0));
    }

    [Fact]
    public void SaveState_RestoredElsewhere_ContinuesTheSame()
    {
        Schedule schedule = new WarmUp(new ReduceOnPlateau(1e-2), 10);
        schedule.Evaluated(0.8);
        schedule.Evaluated(0.79);
        var state = new double[schedule.StateSize];
        schedule.SaveState(state);
        Schedule other = new WarmUp(new ReduceOnPlateau(1e-2), 10);
        other.LoadState(state);
        foreach (var metric in new[] { 0.795, 0.81, 0.80 })
        {
            Assert.Equal(schedule.Rate(3), other.Rate(3));
            Assert.Equal(schedule.Rate(30), other.Rate(30));
            schedule.Evaluated(metric);
            other.Evaluated(metric);
        }
    }

    [Fact]
    public void Rate_WarmUp_RisesLinearly()
    {
        var schedule = new WarmUp(new ConstantRate(1), 4);
        Assert.Equal([0.25, 0.5, 0.75, 1, 1], Enumerable.Range(0, 5).Select(step => schedule.Rate(step)));
    }

    [Fact]
    public void Constructors_OutOfRange_Throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConstantRate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConstantRate(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExponentialDecayOptions { Fraction = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExponentialDecayOptions { Epochs = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExponentialDecay(1, new ExponentialDecayOptions(), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateauOptions { Factor = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new WarmUp(new ConstantRate(1), -1));
    }

    [Fact]
    public void Create_FromOptions_IsTheOneNamed()
    {
        foreach (var entry in ScheduleCatalogue.Entries)
            Assert.Equal(entry.Name, entry.Create(OptionMap.Empty("test")).Create(1e-3, 10).Name);
        var map = OptionMap.Parse("name: exponential\nfraction: 0.5\nepochs: 1\nwarmup_steps: 2", "exp.yaml");
        var schedule = ScheduleCatalogue.All.Create(map).Create(1, 10);
        map.Close();
        Assert.Equal(0.5, schedule.Rate(0));
        Assert.Equal(0.5, schedule.Rate(10), 14);
        Assert.Equal("plateau", ScheduleCatalogue.All.Create(OptionMap.Empty("test")).Create(1, 10).Name);
    }

    [Fact]
    public void Create_UnknownName_ListsTheKnown()
    {
        var error = Assert.Throws<ConsortException>(() => ScheduleCatalogue.All.Create(OptionMap.Parse("name: exponental", "exp.yaml")));
        Assert.Contains("did you mean exponential", error.Message, StringComparison.Ordinal);
    }
}
