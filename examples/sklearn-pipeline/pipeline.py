"""A pipeline of scikit-learn: means for missing numbers, one column per text, logistic regression."""

from millwright_trainer import Job
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def pipeline(job: Job) -> Pipeline:
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer(
        [
            ("numbers", numbers, list(job.train.numeric_names)),
            ("texts", texts, list(job.train.text_names)),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=500))
