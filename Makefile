# 信衡 Xinheng. Two commands are enough: make run · make test
PYTHON ?= python3
PORT ?= 8000
VENV := .venv/bin
TESTS ?= tests

.PHONY: help run test test-pg15 check bench torture lock format clean

help:  ## this list / 本列表
	@sed -n 's/^\([a-z0-9-]*\):.*##/\1 \t/p' $(MAKEFILE_LIST)

run:  ## start it: make run PORT=8000 / 启动
	@$(PYTHON) tools/bootstrap.py run
	@exec $(VENV)/xinheng up --port $(PORT)

test:  ## all tests, on a throw-away PostgreSQL / 全部测试
	@$(PYTHON) tools/bootstrap.py dev
	@$(VENV)/python -m pytest $(TESTS) $(ARGS)

test-pg15:  ## the tests on Debian's PostgreSQL 15 / 在 PostgreSQL 15 上测试
	@$(PYTHON) tools/bootstrap.py dev
	@PG_BIN=/usr/lib/postgresql/15/bin $(VENV)/python -m pytest $(TESTS) $(ARGS)

check:  ## ruff, mypy, the floors, Django's checks, texts / 代码检查
	@$(PYTHON) tools/bootstrap.py dev
	@$(VENV)/python tools/check.py

bench:  ## measured against yardsticks in the same run / 性能基准
	@$(PYTHON) tools/bootstrap.py dev
	@$(VENV)/python -m benchmarks $(ARGS)

torture:  ## kill -9 under load, 20 cycles / 断电测试
	@$(PYTHON) tools/bootstrap.py dev
	@$(VENV)/python -m pytest tests/torture -m torture $(ARGS)

lock:  ## write requirements/*.lock again (UPGRADE=1 for newer releases) / 更新依赖锁
	@$(PYTHON) tools/bootstrap.py dev
	@$(VENV)/python tools/lock.py $(if $(UPGRADE),--upgrade)

format:  ## ruff format and safe fixes / 格式化
	@$(VENV)/ruff check --fix --quiet . || true
	@$(VENV)/ruff format --quiet .

clean:  ## remove what was installed and built, never .xinheng / 清除安装物，不动数据
	rm -rf .venv .venv-node node_modules xinheng/web/static/vendor
